using System.Buffers.Binary;
using PSToyVmm.Engine.Boot.Structs;

namespace PSToyVmm.Engine.Boot.Pvh;

/// <summary>
/// XEN_ELFNOTE_PHYS32_ENTRY, by which an ELF kernel tells its PVH entry point (Xen: docs/misc/pvh.pandoc and
/// xen/include/public/elfnote.h; the layout of notes: System V ABI, chapter 5).
/// </summary>
static class PvhNote
{
    const uint Phys32Entry = 18;
    const int HeaderSize = 12;

    // Linux has half a KiB of notes.
    const int MaxNotes = 1 << 16;

    /// <summary>The physical address of the entry; null where there is no such note. Damaged notes count as none.</summary>
    public static ulong? Find(IKernelSource source, ElfFile elf)
    {
        foreach (ElfProgramHeader p in elf.ProgramHeaders)
        {
            if (p.Type != ElfProgramHeader.Note || p.FileSize > MaxNotes || p.Offset > (ulong)source.Length || p.FileSize > (ulong)source.Length - p.Offset) continue;
            byte[] notes = new byte[p.FileSize];
            source.Read((long)p.Offset, notes);
            if (Find(notes, p.Alignment == 8 ? 8u : 4u) is { } entry) return entry;
        }
        return null;
    }

    static ulong? Find(ReadOnlySpan<byte> notes, uint alignment)
    {
        while (notes.Length >= HeaderSize)
        {
            uint nameSize = BinaryPrimitives.ReadUInt32LittleEndian(notes), size = BinaryPrimitives.ReadUInt32LittleEndian(notes[4..]);
            uint type = BinaryPrimitives.ReadUInt32LittleEndian(notes[8..]);
            ulong at = Align(HeaderSize + (ulong)nameSize, alignment), next = Align(at + size, alignment);
            if (at + size > (ulong)notes.Length) return null;
            ReadOnlySpan<byte> value = notes.Slice((int)at, (int)size);
            if (type == Phys32Entry && notes.Slice(HeaderSize, (int)nameSize).SequenceEqual("Xen\0"u8))
            {
                // Four bytes as Xen has it, eight as a 64-bit Linux writes it.
                if (size == sizeof(uint)) return BinaryPrimitives.ReadUInt32LittleEndian(value);
                if (size == sizeof(ulong)) return BinaryPrimitives.ReadUInt64LittleEndian(value);
            }
            if (next >= (ulong)notes.Length) return null;
            notes = notes[(int)next..];
        }
        return null;
    }

    static ulong Align(ulong value, uint alignment) => (value + alignment - 1) & ~(alignment - 1ul);
}
