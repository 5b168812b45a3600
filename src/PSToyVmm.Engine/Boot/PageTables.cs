using System.Runtime.InteropServices;
using PSToyVmm.Engine.Memory;

namespace PSToyVmm.Engine.Boot;

/// <summary>
/// The first page tables: the lowest 4 GiB mapped to themselves by pages of 2 MiB (AMD64 manual, volume 2, 5.3). The
/// 64-bit boot protocol asks for the kernel, the zero page and the command line; this holds them wherever they lie.
/// </summary>
static class PageTables
{
    const ulong Present = 1 << 0, Writable = 1 << 1, Large = 1 << 7;
    const int EntriesPerTable = 512;
    const int Directories = 4;
    const ulong LargePageSize = 2 << 20;

    /// <summary>Writes them to <see cref="BootLayout.PageTables"/>.</summary>
    /// <returns>The root, for CR3.</returns>
    public static GuestAddress Write(GuestMemory memory)
    {
        GuestAddress root = BootLayout.PageTables, pointers = root + GuestMemory.PageSize, directories = pointers + GuestMemory.PageSize;
        Table(memory, root)[0] = pointers.Value | Present | Writable;
        Span<ulong> pointerTable = Table(memory, pointers);
        for (int i = 0; i < Directories; i++)
        {
            GuestAddress directory = directories + (ulong)i * GuestMemory.PageSize;
            pointerTable[i] = directory.Value | Present | Writable;
            Span<ulong> entries = Table(memory, directory);
            for (int j = 0; j < EntriesPerTable; j++)
                entries[j] = (ulong)(i * EntriesPerTable + j) * LargePageSize | Present | Writable | Large;
        }
        return root;
    }

    static Span<ulong> Table(GuestMemory memory, GuestAddress at)
    {
        Span<ulong> entries = MemoryMarshal.Cast<byte, ulong>(memory.Slice(at, GuestMemory.PageSize));
        entries.Clear();
        return entries;
    }
}
