using Microsoft.Win32.SafeHandles;
using PSToyVmm.Engine.Memory;

namespace PSToyVmm.Engine.Machines;

/// <summary>Writes guest RAM to a file. Pages of zeroes become holes, which need no room on the host's disk.</summary>
static class MemoryDump
{
    const int Step = 1 << 20;

    /// <summary>Writes all of it.</summary>
    /// <param name="memory">The guest's, which nobody unmaps meanwhile.</param>
    /// <param name="head">What comes first.</param>
    /// <param name="place">Where in the file a region begins, by its number.</param>
    /// <param name="path">The file.</param>
    /// <param name="overwrite">Whether it may be there already.</param>
    /// <param name="goOn">Called between pieces; it throws when nobody wants the rest.</param>
    public static void Write(GuestMemory memory, byte[] head, Func<int, long> place, string path, bool overwrite, Action goOn) =>
        WholeFile.Write(path, overwrite, draft => // half a dump is none
        {
            using SafeFileHandle file = File.OpenHandle(draft, FileMode.Open, FileAccess.Write);
            RandomAccess.Write(file, head, 0);
            for (int region = 0; region < memory.Regions.Count; region++) Write(memory, memory.Regions[region], file, place(region), goOn);
        });

    static void Write(GuestMemory memory, GuestRegion region, SafeFileHandle file, long at, Action goOn)
    {
        RandomAccess.SetLength(file, at + (long)region.Size);
        for (ulong offset = 0; offset < region.Size; offset += Step)
        {
            goOn();
            ReadOnlySpan<byte> piece = memory.Slice(region.Start + offset, (int)Math.Min(Step, region.Size - offset));
            if (piece.ContainsAnyExcept((byte)0)) WritePages(piece, file, at + (long)offset);
        }
    }

    // Runs of pages that are not all zeroes.
    static void WritePages(ReadOnlySpan<byte> piece, SafeFileHandle file, long at)
    {
        const int Page = GuestMemory.PageSize;
        for (int from = 0; from < piece.Length;)
        {
            int to = from;
            while (to < piece.Length && piece.Slice(to, Page).ContainsAnyExcept((byte)0)) to += Page;
            if (to > from) RandomAccess.Write(file, piece[from..to], at + from);
            from = to + Page;
        }
    }
}
