using System.Text;
using PSToyVmm.Engine.Memory;

namespace PSToyVmm.Engine.Machines;

/// <summary>
/// The head of an ELF core file (elf(5), linux/elfcore.h) of a machine: a note segment, and a PT_LOAD for each run of RAM. Notes
/// are those of QEMU's dump-guest-memory: NT_PRSTATUS for gdb, and QEMU's own, from which crash and drgn take control
/// registers to find a kernel that was loaded at a random address.
/// </summary>
static class CoreFile
{
    const int HeaderSize = 64, ProgramHeaderSize = 56;
    const uint LoadSegment = 1, NoteSegment = 4, ProcessStatusNote = 1, QemuNote = 0;

    /// <summary>The bytes in front of the RAM, whole pages.</summary>
    public static byte[] Head(IReadOnlyList<ProcessorRegisters> processors, IReadOnlyList<GuestRegion> ram)
    {
        byte[] notes = [.. processors.SelectMany(p => Note("CORE", ProcessStatusNote, Status(p))), .. processors.SelectMany(p => Note("QEMU", QemuNote, State(p)))];
        int notesAt = HeaderSize + (ProgramHeaderSize * (1 + ram.Count));
        byte[] head = new byte[(notesAt + notes.Length + GuestMemory.PageSize - 1) / GuestMemory.PageSize * GuestMemory.PageSize];
        using BinaryWriter writer = new(new MemoryStream(head));
        writer.Write([0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        writer.Write((ushort)4); // ET_CORE
        writer.Write((ushort)62); // EM_X86_64
        writer.Write(1);
        WriteAll(writer, 0, HeaderSize, 0); // no entry; program headers follow; no sections
        writer.Write(0);
        foreach (int half in (ReadOnlySpan<int>)[HeaderSize, ProgramHeaderSize, 1 + ram.Count, 0, 0, 0]) writer.Write((ushort)half);
        WriteSegment(writer, NoteSegment, (ulong)notesAt, 0, (ulong)notes.Length);
        ulong offset = (ulong)head.Length;
        foreach (GuestRegion region in ram)
        {
            WriteSegment(writer, LoadSegment, offset, region.Start.Value, region.Size);
            offset += region.Size;
        }
        writer.Write(notes);
        return head;
    }

    // Without the guest's page tables, an address of the file is a physical one.
    static void WriteSegment(BinaryWriter writer, uint type, ulong offset, ulong address, ulong size)
    {
        writer.Write(type);
        writer.Write(0);
        WriteAll(writer, offset, address, address, size, size, 0);
    }

    static byte[] Note(string name, uint type, byte[] content)
    {
        using MemoryStream note = new();
        using BinaryWriter writer = new(note);
        writer.Write(name.Length + 1);
        writer.Write(content.Length);
        writer.Write(type);
        writer.Write(Encoding.ASCII.GetBytes(name.PadRight(8, '\0')));
        writer.Write(content);
        return note.ToArray();
    }

    // struct elf_prstatus of x86-64: no signal, a thread for each processor, whose id may not be 0.
    static byte[] Status(ProcessorRegisters p)
    {
        const int ThreadAt = 32, RegistersAt = 112;
        byte[] status = new byte[336];
        using BinaryWriter writer = new(new MemoryStream(status));
        writer.BaseStream.Position = ThreadAt;
        writer.Write(p.Processor + 1);
        writer.BaseStream.Position = RegistersAt;
        WriteAll(writer, p.R15, p.R14, p.R13, p.R12, p.Rbp, p.Rbx, p.R11, p.R10, p.R9, p.R8, p.Rax, p.Rcx, p.Rdx, p.Rsi, p.Rdi);
        WriteAll(writer, ulong.MaxValue, p.Rip, p.Cs.Selector, p.Rflags, p.Rsp, p.Ss.Selector); // no system call
        WriteAll(writer, p.Fs.Base, p.Gs.Base, p.Ds.Selector, p.Es.Selector, p.Fs.Selector, p.Gs.Selector);
        return status;
    }

    // struct QEMUCPUState, version 1 (QEMU: target/i386/arch_dump.c).
    static byte[] State(ProcessorRegisters p)
    {
        const int Version = 1, Size = 440;
        byte[] state = new byte[Size];
        using BinaryWriter writer = new(new MemoryStream(state));
        writer.Write(Version);
        writer.Write(Size);
        WriteAll(writer, p.Rax, p.Rbx, p.Rcx, p.Rdx, p.Rsi, p.Rdi, p.Rsp, p.Rbp, p.R8, p.R9, p.R10, p.R11, p.R12, p.R13, p.R14, p.R15, p.Rip, p.Rflags);
        foreach (SegmentRegister segment in (ReadOnlySpan<SegmentRegister>)[p.Cs, p.Ds, p.Es, p.Fs, p.Gs, p.Ss, p.Ldt, p.Tr])
            WriteDescriptor(writer, segment.Selector, segment.Limit, DescriptorFlags(segment.Attributes), segment.Base);
        WriteDescriptor(writer, 0, p.Gdt.Limit, 0, p.Gdt.Base);
        WriteDescriptor(writer, 0, p.Idt.Limit, 0, p.Idt.Base);
        WriteAll(writer, p.Cr0, 0, p.Cr2, p.Cr3, p.Cr4, p.KernelGsBase); // control registers by number
        return state;
    }

    // QEMU keeps the bits where a descriptor's second word has them: bits 16 to 19 are the limit's.
    static uint DescriptorFlags(ushort attributes) => (uint)((attributes & 0xff) << 8 | (attributes & 0xf000) << 8);

    static void WriteDescriptor(BinaryWriter writer, uint selector, uint limit, uint flags, ulong address)
    {
        foreach (uint word in (ReadOnlySpan<uint>)[selector, limit, flags, 0]) writer.Write(word);
        writer.Write(address);
    }

    static void WriteAll(BinaryWriter writer, params ReadOnlySpan<ulong> words)
    {
        foreach (ulong word in words) writer.Write(word);
    }
}
