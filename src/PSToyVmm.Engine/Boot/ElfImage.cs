using PSToyVmm.Engine.Boot.Pvh;
using PSToyVmm.Engine.Boot.Structs;
using PSToyVmm.Engine.Memory;

namespace PSToyVmm.Engine.Boot;

/// <summary>
/// A kernel that is an ELF executable: its PT_LOAD segments go to their physical addresses. Linux links itself at a high
/// virtual address, its per-CPU segment at virtual address 0, and gives its entry point as a physical address; other
/// kernels give a virtual one.
/// </summary>
static class ElfImage
{
    // What x86-64 kernels are built with: COMMAND_LINE_SIZE, the NUL not counted. ELF has no field for it.
    const uint CommandLineMax = 2047;

    // __START_KERNEL_map: what separates the virtual and physical addresses of Linux's segments, and of no others that
    // give a physical entry point (Linux: arch/x86/include/asm/page_64_types.h).
    const ulong LinuxOffset = 0xffff_ffff_8000_0000;

    public static bool Matches(ReadOnlySpan<byte> head) => ElfFile.Matches(head);

    /// <summary>Parses a kernel for Linux's protocol or PVH.</summary>
    public static KernelImage Parse(BootFile file, ReadOnlySpan<byte> head, BootProtocol wanted)
    {
        ElfFile elf = ElfFile.Read(file, head);
        ulong? pvhEntry = PvhNote.Find(file, elf);
        BootProtocol protocol = Choose(file, elf, pvhEntry is not null, wanted);
        ulong entry = protocol == BootProtocol.Pvh ? pvhEntry!.Value : elf.Entry;
        return new(file, KernelFormat.Elf, Place(file, elf, protocol, entry, out KernelSegment[] segments), segments);
    }

    /// <summary>Judges the segments and finds the entry among them.</summary>
    /// <param name="source">Of the kernel.</param>
    /// <param name="elf">Its headers.</param>
    /// <param name="protocol">By which it is to be entered.</param>
    /// <param name="entry">Physical where it comes from the PVH note; from the header physical or virtual.</param>
    /// <param name="segments">Sorted by address, free of overlaps.</param>
    public static KernelPlacement Place(IKernelSource source, ElfFile elf, BootProtocol protocol, ulong entry, out KernelSegment[] segments)
    {
        ElfProgramHeader[] loads =
            [.. elf.ProgramHeaders.Where(p => p is { Type: ElfProgramHeader.Load, MemorySize: > 0 } && (protocol == BootProtocol.Linux || !IsHeadersInRom(p)))];
        if (loads.Length == 0)
            throw source.Fault(VmErrorId.KernelHasNoSegments, "is an ELF file without a segment to load (PT_LOAD): a debug file perhaps; give the vmlinux itself.");
        segments = [.. loads.Select(p => ToSegment(source, elf, p, protocol)).OrderBy(s => s.Start)];
        for (int i = 1; i < segments.Length; i++)
            if (segments[i - 1].End > segments[i].Start.Value)
                throw source.Fault(VmErrorId.KernelSegmentsOverlap,
                    $"has ELF segments that overlap: 0x{segments[i - 1].Start.Value:x}-0x{segments[i - 1].End:x} and {segments[i].Start}-0x{segments[i].End:x}. It is damaged or no kernel.");
        return new(FindEntry(source, entry, loads, isPhysical: protocol == BootProtocol.Pvh), segments[0].Start, segments[^1].End,
            SetupHeader: null, InitrdAddressMax: uint.MaxValue, CommandLineMax)
        {
            Protocol = protocol,
        };
    }

    /// <summary>
    /// A vmlinux has both entries; the 64-bit one saves it a trampoline through 32-bit mode and needs no note. Another ELF
    /// file with the note (a unikernel, FreeBSD, a firmware) is entered by it; a 64-bit one without is taken for Linux.
    /// </summary>
    static BootProtocol Choose(BootFile source, ElfFile elf, bool hasNote, BootProtocol wanted)
    {
        if (wanted == BootProtocol.Pvh && !hasNote)
            throw source.Fault(VmErrorId.BootProtocolUnavailable, "has no PVH entry point (ELF note 18 of Xen's); leave out -BootProtocol, or build Linux with CONFIG_PVH.");
        if (wanted == BootProtocol.Pvh || (wanted == BootProtocol.Auto && hasNote && !LooksLikeLinux(elf)))
            return BootProtocol.Pvh;
        return elf.Is64Bit ? BootProtocol.Linux : throw source.Fault(VmErrorId.KernelNot64Bit,
            $"is a 32-bit ELF file{(hasNote ? "" : " with neither a Multiboot header nor a PVH note")}; {FileSignature.WhatBoots}.");
    }

    // GNU ld puts the ELF headers into a read-only segment of their own before .text, for -Ttext=0x100000 just below 1 MiB,
    // where a PC has ROM. No kernel misses them.
    static bool IsHeadersInRom(in ElfProgramHeader p) => p.Offset == 0 && p.Flags == ElfProgramHeader.Readable
        && p.PhysicalAddress >= MemoryMap.EbdaStart && p.PhysicalAddress < MemoryMap.HighMemoryStart && p.MemorySize <= MemoryMap.HighMemoryStart - p.PhysicalAddress;

    static bool LooksLikeLinux(ElfFile elf) => elf.Is64Bit &&
        elf.ProgramHeaders.Any(p => p.Type == ElfProgramHeader.Load && p.VirtualAddress - p.PhysicalAddress == LinuxOffset && elf.Entry - p.PhysicalAddress < p.FileSize);

    static KernelSegment ToSegment(IKernelSource source, ElfFile elf, ElfProgramHeader p, BootProtocol protocol)
    {
        if (p.FileSize > p.MemorySize)
            throw source.Fault(VmErrorId.KernelMalformed, $"has an ELF segment with more bytes in the file (0x{p.FileSize:x}) than in memory (0x{p.MemorySize:x}).");
        KernelSegment.RequireRoom(source, "an ELF segment", p.PhysicalAddress, p.MemorySize, protocol);
        elf.RequireInFile($"the ELF segment for address 0x{p.PhysicalAddress:x}", p.Offset, p.FileSize);
        return new(new(p.PhysicalAddress), p.MemorySize, (long)p.Offset, (long)p.FileSize);
    }

    static GuestAddress FindEntry(IKernelSource source, ulong entry, ElfProgramHeader[] loads, bool isPhysical)
    {
        // Code comes from the file: an entry into a segment's zeroed part would be none.
        foreach (ElfProgramHeader p in loads)
            if (entry - p.PhysicalAddress < p.FileSize) return new(entry);
        foreach (ElfProgramHeader p in isPhysical ? [] : loads)
            if (entry - p.VirtualAddress < p.FileSize) return new(p.PhysicalAddress + (entry - p.VirtualAddress));
        throw source.Fault(VmErrorId.KernelEntryOutsideSegments, $"enters at 0x{entry:x}, which none of its ELF segments holds. It is damaged or no kernel.");
    }
}
