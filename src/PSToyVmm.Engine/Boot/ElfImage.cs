using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using PSToyVmm.Engine.Boot.Structs;
using PSToyVmm.Engine.Memory;

namespace PSToyVmm.Engine.Boot;

/// <summary>
/// vmlinux: a 64-bit ELF executable whose PT_LOAD segments go to their physical addresses. Linux links itself at a high
/// virtual address, its per-CPU segment at virtual address 0, and gives its entry point as a physical address; other
/// kernels give a virtual one.
/// </summary>
static class ElfImage
{
    // Linux has four to six; whoever has more than this is no kernel, and the table is read whole.
    const int MaxProgramHeaders = 128;

    // What x86-64 kernels are built with: COMMAND_LINE_SIZE, the NUL not counted. ELF has no field for it.
    const uint CommandLineMax = 2047;

    public static bool Matches(ReadOnlySpan<byte> head) => head.StartsWith("\u007fELF"u8);

    public static KernelImage Parse(BootFile file, ReadOnlySpan<byte> head)
    {
        if (!MemoryMarshal.TryRead(head, out ElfHeader elf))
            throw file.Fault(VmErrorId.KernelTruncated, $"ends inside its ELF header ({head.Length} bytes); copy or download it again.");
        RequireKernel(file, elf);
        ElfProgramHeader[] headers = ReadProgramHeaders(file, elf);
        if (headers.Any(p => p.Type == ElfProgramHeader.Interpreter))
            throw file.Fault(VmErrorId.KernelNotRecognized, $"is a program to be run by an operating system; {FileSignature.WhatBoots}.");
        ElfProgramHeader[] loads = [.. headers.Where(p => p is { Type: ElfProgramHeader.Load, MemorySize: > 0 })];
        if (loads.Length == 0)
            throw file.Fault(VmErrorId.KernelHasNoSegments, "is an ELF file without a segment to load (PT_LOAD): a debug file perhaps; give the vmlinux itself.");

        KernelSegment[] segments = [.. loads.Select(p => ToSegment(file, p)).OrderBy(s => s.Start)];
        for (int i = 1; i < segments.Length; i++)
            if (segments[i - 1].End > segments[i].Start.Value)
                throw file.Fault(VmErrorId.KernelSegmentsOverlap,
                    $"has ELF segments that overlap: 0x{segments[i - 1].Start.Value:x}-0x{segments[i - 1].End:x} and {segments[i].Start}-0x{segments[i].End:x}. It is damaged or no kernel.");

        KernelPlacement placement = new(FindEntry(file, elf.Entry, loads), segments[0].Start, segments[^1].End,
            SetupHeader: null, InitrdAddressMax: uint.MaxValue, CommandLineMax);
        return new(file, KernelFormat.Elf, placement, segments);
    }

    static void RequireKernel(BootFile file, in ElfHeader elf)
    {
        if (elf.Encoding == ElfHeader.BigEndian)
            throw file.Fault(VmErrorId.KernelArchitectureUnsupported, $"is a big-endian ELF file; {FileSignature.WhatBoots}.");
        if (elf.Encoding != ElfHeader.LittleEndian || elf.Class is not (ElfHeader.Class32 or ElfHeader.Class64))
            throw file.Fault(VmErrorId.KernelMalformed, $"has a damaged ELF header (class {elf.Class}, encoding {elf.Encoding}); copy or download it again.");
        if (elf.Machine != ElfHeader.MachineX64 && !(elf.Machine == ElfHeader.MachineI386 && elf.Class == ElfHeader.Class32))
            throw file.Fault(VmErrorId.KernelArchitectureUnsupported, $"is an ELF file for {MachineName(elf.Machine)}; {FileSignature.WhatBoots}.");
        if (elf.Class == ElfHeader.Class32)
            throw file.Fault(VmErrorId.KernelNot64Bit, $"is a 32-bit ELF file; {FileSignature.WhatBoots}.");
        if (elf.Type is not (ElfHeader.Executable or ElfHeader.SharedObject))
            throw file.Fault(VmErrorId.KernelNotRecognized, $"is {TypeName(elf.Type)}, not an executable; {FileSignature.WhatBoots}.");
        // The section headers come last in the file: a copy that was cut short lacks them at least.
        if (elf.SectionHeaders > (ulong)file.Length - Math.Min((ulong)file.Length, (ulong)elf.SectionHeaderCount * elf.SectionHeaderSize))
            throw file.Fault(VmErrorId.KernelTruncated, $"ends at {file.Length} bytes, before its ELF section headers at 0x{elf.SectionHeaders:x}; copy or download it again.");
    }

    static ElfProgramHeader[] ReadProgramHeaders(BootFile file, in ElfHeader elf)
    {
        if (elf.ProgramHeaderCount == 0) return [];
        if (elf.ProgramHeaderCount > MaxProgramHeaders || elf.ProgramHeaderSize != Unsafe.SizeOf<ElfProgramHeader>())
            throw file.Fault(VmErrorId.KernelMalformed,
                $"claims {elf.ProgramHeaderCount} ELF program headers of {elf.ProgramHeaderSize} bytes each; a kernel has a few of {Unsafe.SizeOf<ElfProgramHeader>()} bytes.");
        ElfProgramHeader[] headers = new ElfProgramHeader[elf.ProgramHeaderCount];
        Span<byte> bytes = MemoryMarshal.AsBytes(headers.AsSpan());
        RequireInFile(file, "its ELF program headers", elf.ProgramHeaders, (ulong)bytes.Length);
        file.Read((long)elf.ProgramHeaders, bytes);
        return headers;
    }

    static KernelSegment ToSegment(BootFile file, ElfProgramHeader p)
    {
        if (p.FileSize > p.MemorySize)
            throw file.Fault(VmErrorId.KernelMalformed, $"has an ELF segment with more bytes in the file (0x{p.FileSize:x}) than in memory (0x{p.MemorySize:x}).");
        if (p.PhysicalAddress > GuestMemory.HoleStart || p.MemorySize > GuestMemory.HoleStart - p.PhysicalAddress)
            throw file.Fault(VmErrorId.KernelSegmentOutsideMemory,
                $"has an ELF segment of 0x{p.MemorySize:x} bytes for address 0x{p.PhysicalAddress:x}; RAM for a kernel ends at 0x{GuestMemory.HoleStart:x} in every machine.");
        if (p.PhysicalAddress < BootLayout.KernelMinimum.Value)
            throw file.Fault(VmErrorId.KernelSegmentInLowMemory,
                $"has an ELF segment for address 0x{p.PhysicalAddress:x}; below {BootLayout.KernelMinimum} lie the boot structures and the PC's legacy hole. Link it higher.");
        RequireInFile(file, $"the ELF segment for address 0x{p.PhysicalAddress:x}", p.Offset, p.FileSize);
        return new(new(p.PhysicalAddress), p.MemorySize, (long)p.Offset, (long)p.FileSize);
    }

    static void RequireInFile(BootFile file, string what, ulong offset, ulong size)
    {
        if (offset > (ulong)file.Length || size > (ulong)file.Length - offset)
            throw file.Fault(VmErrorId.KernelTruncated, $"ends at {file.Length} bytes, before the end of {what} (0x{size:x} bytes at offset 0x{offset:x}); copy or download it again.");
    }

    static GuestAddress FindEntry(BootFile file, ulong entry, ElfProgramHeader[] loads)
    {
        // Code comes from the file: an entry into a segment's zeroed part would be none.
        foreach (ElfProgramHeader p in loads)
            if (entry - p.PhysicalAddress < p.FileSize) return new(entry);
        foreach (ElfProgramHeader p in loads)
            if (entry - p.VirtualAddress < p.FileSize) return new(p.PhysicalAddress + (entry - p.VirtualAddress));
        throw file.Fault(VmErrorId.KernelEntryOutsideSegments, $"enters at 0x{entry:x}, which none of its ELF segments holds. It is damaged or no kernel.");
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
}
