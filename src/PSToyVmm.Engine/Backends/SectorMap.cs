using System.Numerics;
using PSToyVmm.Engine.Native;

namespace PSToyVmm.Engine.Backends;

/// <summary>One bit for each sector of a disk. It commits memory only where bits are set: 256 MiB for each TiB at the most.</summary>
sealed class SectorMap : IDisposable
{
    readonly MappedRegion _bits;

    public SectorMap(ulong sectors) => _bits = MappedRegion.Anonymous((sectors + 63) / 64 * sizeof(ulong), transparentHugePages: false);

    /// <summary>Whether the first of some sectors is set, and how many in a row are like it.</summary>
    public (bool IsSet, ulong Count) Run(ulong first, ulong count)
    {
        bool isSet = (_bits.Word(first / 64) >> (int)(first % 64) & 1) != 0;
        ulong at = first, end = first + count;
        while (at < end)
        {
            // Those that differ are ones; those before the first are shifted out.
            ulong differing = (isSet ? ~_bits.Word(at / 64) : _bits.Word(at / 64)) >> (int)(at % 64);
            if (differing != 0) return (isSet, Math.Min(at + (ulong)BitOperations.TrailingZeroCount(differing), end) - first);
            at = (at / 64 + 1) * 64;
        }
        return (isSet, count);
    }

    public void Set(ulong first, ulong count)
    {
        for (ulong at = first, end = first + count; at < end;)
        {
            ulong inWord = Math.Min(64 - at % 64, end - at);
            _bits.Word(at / 64) |= (inWord == 64 ? ulong.MaxValue : (1ul << (int)inWord) - 1) << (int)(at % 64);
            at += inWord;
        }
    }

    public void Dispose() => _bits.Dispose();
}
