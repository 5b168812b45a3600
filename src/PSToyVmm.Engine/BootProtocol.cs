namespace PSToyVmm.Engine;

/// <summary>The conventions by which a kernel is entered.</summary>
public enum BootProtocol
{
    /// <summary>
    /// What the kernel's bytes ask for: Multiboot where there is its header, Linux for a vmlinux or bzImage, PVH for any
    /// other ELF file with its note.
    /// </summary>
    Auto,
    /// <summary>Linux's 64-bit boot protocol: long mode, paging on (Documentation/arch/x86/boot.rst).</summary>
    Linux,
    /// <summary>Xen's PVH: 32-bit protected mode, the entry point in an ELF note (docs/misc/pvh.pandoc).</summary>
    Pvh,
    /// <summary>Multiboot 1: 32-bit protected mode (Multiboot Specification 0.6.96).</summary>
    Multiboot,
}
