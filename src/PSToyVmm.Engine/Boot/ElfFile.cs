using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using PSToyVmm.Engine.Boot.Structs;

namespace PSToyVmm.Engine.Boot;

/// <summary>An ELF executable for x86 of either class, its program headers read and its segments not yet judged.</summary>
sealed class ElfFile
{
    // Linux has four to six; whoever has more than this is no kernel, and the table is read whole.
    const int MaxProgramHeaders = 128;

    readonly IKernelSource _file;

    ElfFile(IKernelSource file, bool is64Bit, ulong entry, ElfProgramHeader[] programHeaders) =>
        (_file, Is64Bit, Entry, ProgramHeaders) = (file, is64Bit, entry, programHeaders);

    public bool Is64Bit { get; }

    /// <summary>As the header has it: a physical or a virtual address.</summary>
    public ulong Entry { get; }

    public ElfProgramHeader[] ProgramHeaders { get; }

    public static bool Matches(ReadOnlySpan<byte> head) => head.StartsWith("\u007fELF"u8);

    /// <exception cref="VmException">It is damaged, no executable, or for another machine.</exception>
    public static ElfFile Read(IKernelSource file, ReadOnlySpan<byte> head)
    {
        Table table = ReadHeader(file, head);
        // The section headers come last in the file: a copy that was cut short lacks them at least.
        if (table.SectionHeaders > (ulong)file.Length - Math.Min((ulong)file.Length, table.SectionHeadersSize))
            throw file.Fault(VmErrorId.KernelTruncated, $"ends at {file.Length} bytes, before its ELF section headers at 0x{table.SectionHeaders:x}; copy or download it again.");
        ElfProgramHeader[] headers = table.Is64Bit
            ? ReadTable<ElfProgramHeader>(file, table)
            : [.. ReadTable<ElfProgramHeader32>(file, table).Select(narrow => new ElfProgramHeader(narrow))];
        if (headers.Any(p => p.Type == ElfProgramHeader.Interpreter))
            throw file.Fault(VmErrorId.KernelNotRecognized, $"is a program to be run by an operating system; {FileSignature.WhatBoots}.");
        return new(file, table.Is64Bit, table.Entry, headers);
    }

    /// <summary>Throws where the file has not got these bytes.</summary>
    public void RequireInFile(string what, ulong offset, ulong size) => RequireInFile(_file, what, offset, size);

    static void RequireInFile(IKernelSource file, string what, ulong offset, ulong size)
    {
        if (offset > (ulong)file.Length || size > (ulong)file.Length - offset)
            throw file.Fault(VmErrorId.KernelTruncated, $"ends at {file.Length} bytes, before the end of {what} (0x{size:x} bytes at offset 0x{offset:x}); copy or download it again.");
    }

    static Table ReadHeader(IKernelSource file, ReadOnlySpan<byte> head)
    {
        // Both headers begin alike; the shorter one may be all that a tiny 32-bit file has.
        Span<byte> padded = stackalloc byte[Unsafe.SizeOf<ElfHeader>()];
        head[..Math.Min(head.Length, padded.Length)].CopyTo(padded);
        ElfHeader elf = MemoryMarshal.Read<ElfHeader>(padded);
        if (head.Length < (elf.Class == ElfHeader.Class32 ? Unsafe.SizeOf<ElfHeader32>() : Unsafe.SizeOf<ElfHeader>()))
            throw file.Fault(VmErrorId.KernelTruncated, $"ends inside its ELF header ({head.Length} bytes); copy or download it again.");

        if (elf.Encoding == ElfHeader.BigEndian)
            throw file.Fault(VmErrorId.KernelArchitectureUnsupported, $"is a big-endian ELF file; {FileSignature.WhatBoots}.");
        if (elf.Encoding != ElfHeader.LittleEndian || elf.Class is not (ElfHeader.Class32 or ElfHeader.Class64))
            throw file.Fault(VmErrorId.KernelMalformed, $"has a damaged ELF header (class {elf.Class}, encoding {elf.Encoding}); copy or download it again.");
        if (elf.Machine != ElfHeader.MachineX64 && !(elf.Machine == ElfHeader.MachineI386 && elf.Class == ElfHeader.Class32))
            throw file.Fault(VmErrorId.KernelArchitectureUnsupported, $"is an ELF file for {MachineName(elf.Machine)}; {FileSignature.WhatBoots}.");
        if (elf.Type is not (ElfHeader.Executable or ElfHeader.SharedObject))
            throw file.Fault(VmErrorId.KernelNotRecognized, $"is {TypeName(elf.Type)}, not an executable; {FileSignature.WhatBoots}.");
        if (elf.Class == ElfHeader.Class64)
            return new(true, elf.Entry, elf.ProgramHeaders, elf.ProgramHeaderCount, elf.ProgramHeaderSize, elf.SectionHeaders, (ulong)elf.SectionHeaderCount * elf.SectionHeaderSize);
        ElfHeader32 narrow = MemoryMarshal.Read<ElfHeader32>(padded);
        return new(false, narrow.Entry, narrow.ProgramHeaders, narrow.ProgramHeaderCount, narrow.ProgramHeaderSize,
            narrow.SectionHeaders, (ulong)narrow.SectionHeaderCount * narrow.SectionHeaderSize);
    }

    static T[] ReadTable<T>(IKernelSource file, in Table table) where T : unmanaged
    {
        if (table.Count == 0) return [];
        if (table.Count > MaxProgramHeaders || table.EntrySize != Unsafe.SizeOf<T>())
            throw file.Fault(VmErrorId.KernelMalformed,
                $"claims {table.Count} ELF program headers of {table.EntrySize} bytes each; a kernel has a few of {Unsafe.SizeOf<T>()} bytes.");
        T[] entries = new T[table.Count];
        Span<byte> bytes = MemoryMarshal.AsBytes(entries.AsSpan());
        RequireInFile(file, "its ELF program headers", table.Offset, (ulong)bytes.Length);
        file.Read((long)table.Offset, bytes);
        return entries;
    }

    static string TypeName(ushort type) => type switch
    {
        1 => "an ELF object file (.o or a kernel module)",
        4 => "an ELF core dump",
        _ => $"an ELF file of type {type}",
    };

    static string MachineName(ushort machine) => machine switch
    {
        2 or 18 or 43 => "SPARC",
        ElfHeader.MachineI386 => "i386",
        8 => "MIPS",
        20 or 21 => "PowerPC",
        22 => "S/390",
        40 => "ARM (32-bit)",
        50 => "IA-64",
        183 => "ARM64",
        243 => "RISC-V",
        247 => "BPF",
        258 => "LoongArch",
        _ => $"machine {machine}",
    };

    // What the headers of both classes say of their tables.
    readonly record struct Table(bool Is64Bit, ulong Entry, ulong Offset, int Count, int EntrySize, ulong SectionHeaders, ulong SectionHeadersSize);
}
