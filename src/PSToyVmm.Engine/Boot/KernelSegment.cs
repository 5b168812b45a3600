using PSToyVmm.Engine.Memory;

namespace PSToyVmm.Engine.Boot;

/// <summary>A run of guest memory that the kernel occupies: bytes of its file, then zeros.</summary>
readonly record struct KernelSegment(GuestAddress Start, ulong Size, long FileOffset, long FileSize)
{
    /// <summary>First address past it; the parsers let no segment pass 2^64.</summary>
    public ulong End => Start.Value + Size;

    /// <summary>
    /// Throws where no machine has RAM for a kernel. Linux is kept out of the first MiB; a kernel of a 32-bit protocol may
    /// have segments there, between our boot structures and the extended BIOS data area.
    /// </summary>
    /// <param name="source">Of the kernel.</param>
    /// <param name="what">With its article: "an ELF segment".</param>
    /// <param name="address">Where it is to lie.</param>
    /// <param name="size">Its bytes.</param>
    /// <param name="protocol">By which the kernel is entered.</param>
    public static void RequireRoom(IKernelSource source, string what, ulong address, ulong size, BootProtocol protocol)
    {
        if (address > GuestMemory.HoleStart || size > GuestMemory.HoleStart - address)
            throw source.Fault(VmErrorId.KernelSegmentOutsideMemory,
                $"has {what} of 0x{size:x} bytes for address 0x{address:x}; RAM for a kernel ends at 0x{GuestMemory.HoleStart:x} in every machine.");
        if (address >= BootLayout.KernelMinimum.Value) return;
        if (protocol == BootProtocol.Linux)
            throw source.Fault(VmErrorId.KernelSegmentInLowMemory,
                $"has {what} for address 0x{address:x}; below {BootLayout.KernelMinimum} lie the boot structures and the PC's legacy hole. Link it higher.");
        if (address < BootLayout.FreeStart.Value || address + size > MemoryMap.EbdaStart)
            throw source.Fault(VmErrorId.KernelSegmentInLowMemory,
                $"has {what} of 0x{size:x} bytes for address 0x{address:x}; below {BootLayout.KernelMinimum} only {BootLayout.FreeStart} to 0x{MemoryMap.EbdaStart:x} is free of boot structures and the PC's legacy hole. Link it at {BootLayout.KernelMinimum} or higher.");
    }
}
