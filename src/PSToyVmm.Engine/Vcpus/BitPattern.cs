using System.Globalization;
using System.Numerics;

namespace PSToyVmm.Engine.Vcpus;

/// <summary>Bits to clear, to set and to leave alone, as Firecracker writes them: <c>0b10xx_0001</c>.</summary>
/// <param name="Filter">The bits that are decided.</param>
/// <param name="Value">Their values.</param>
readonly record struct BitPattern(ulong Filter, ulong Value)
{
    /// <summary>Reads a pattern of at most so many bits; those that are not written are left alone.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, int width, out BitPattern pattern)
    {
        pattern = default;
        // Firecracker reads it without the prefix as well; but then a hexadecimal 0x10 would be a pattern of four bits.
        if (!text.StartsWith("0b", StringComparison.Ordinal)) return false;
        int bits = 0;
        foreach (char c in text[2..])
        {
            if (c == '_') continue;
            if (c is not ('0' or '1' or 'x') || ++bits > width) return false;
            pattern = new(pattern.Filter << 1 | (c == 'x' ? 0u : 1u), pattern.Value << 1 | (c == '1' ? 1u : 0u));
        }
        return bits > 0;
    }

    /// <summary>The value with these bits changed.</summary>
    public ulong Apply(ulong value) => value & ~Filter | Value;

    /// <summary>The decided bits that the value has otherwise.</summary>
    public ulong Differences(ulong value) => (value ^ Value) & Filter;

    /// <summary>The set bits of a mask in words: <c>bit 3</c>, <c>bits 0-1, 9</c>.</summary>
    public static string Describe(ulong mask)
    {
        List<string> runs = [];
        for (ulong rest = mask; rest != 0;)
        {
            int first = BitOperations.TrailingZeroCount(rest), length = BitOperations.TrailingZeroCount(~(rest >> first));
            runs.Add(length == 1 ? first.ToString(CultureInfo.InvariantCulture) : string.Create(CultureInfo.InvariantCulture, $"{first}-{first + length - 1}"));
            rest = first + length >= 64 ? 0 : rest >> (first + length) << (first + length);
        }
        return $"{(BitOperations.PopCount(mask) == 1 ? "bit" : "bits")} {string.Join(", ", runs)}";
    }
}
