using System.Diagnostics;

namespace PSToyVmm.Engine.Vcpus;

/// <summary>
/// One vCPU's exit counters: a fixed table keyed by reason and place, written by the vCPU's thread alone and read by
/// anybody, who may see a count a moment old. No allocation, no lock. A guest that touches more places than the table
/// holds has the rest counted together per reason.
/// </summary>
sealed class ExitCounters
{
    /// <summary>The place of exits that have none, or that found the table full.</summary>
    public const ulong NoPlace = ulong.MaxValue >> 8;

    /// <summary>Bytes of memory that it takes.</summary>
    public const int MemorySize = Capacity * 5 * sizeof(long);

    const int Capacity = 1024, MostUsed = 768, KindShift = 56;

    readonly Cell[] _cells = new Cell[Capacity];
    int _used;

    struct Cell
    {
        public ulong Key;
        public long Count, Bytes, Ticks, MostTicks;
    }

    /// <summary>A reading of one cell.</summary>
    public readonly record struct Reading(ExitKind Kind, ulong Place, long Count, long Bytes, TimeSpan Total, TimeSpan Maximum);

    /// <summary>Adds one exit.</summary>
    /// <param name="kind">Why.</param>
    /// <param name="place">The port, or the MMIO page's address.</param>
    /// <param name="bytes">Bytes moved.</param>
    /// <param name="ticks">Time from leaving the guest to being ready to enter it again, in Stopwatch ticks.</param>
    public void Record(ExitKind kind, ulong place, long bytes, long ticks)
    {
        ref Cell cell = ref Find(kind, place);
        cell.Count++;
        cell.Bytes += bytes;
        cell.Ticks += ticks;
        if (ticks > cell.MostTicks) cell.MostTicks = ticks;
    }

    /// <summary>All exits so far.</summary>
    public long Total
    {
        get
        {
            long total = 0;
            foreach (ref readonly Cell cell in _cells.AsSpan()) total += cell.Count;
            return total;
        }
    }

    /// <summary>Every place with at least one exit.</summary>
    public IEnumerable<Reading> Read()
    {
        for (int i = 0; i < _cells.Length; i++)
        {
            Cell cell = _cells[i];
            if (cell.Key == 0 || cell.Count == 0) continue;
            yield return new((ExitKind)(cell.Key >> KindShift), cell.Key & NoPlace, cell.Count, cell.Bytes,
                Stopwatch.GetElapsedTime(0, cell.Ticks), Stopwatch.GetElapsedTime(0, cell.MostTicks));
        }
    }

    ref Cell Find(ExitKind kind, ulong place)
    {
        // The kind is never 0, so no key is.
        ulong key = (ulong)kind << KindShift | place & NoPlace;
        for (uint slot = Hash(key); ; slot = (slot + 1) % Capacity)
        {
            ref Cell cell = ref _cells[slot];
            if (cell.Key == key) return ref cell;
            if (cell.Key != 0) continue;
            // Room is kept for each kind's overflow cell, so this recursion is one deep.
            if (_used >= MostUsed && (key & NoPlace) != NoPlace) return ref Find(kind, NoPlace);
            _used++;
            Volatile.Write(ref cell.Key, key);
            return ref cell;
        }
    }

    // Fibonacci hashing: ports and pages differ in their low bits, the multiplication spreads them over the high ones.
    static uint Hash(ulong key) => (uint)(key * 0x9e37_79b9_7f4a_7c15 >> 54);
}
