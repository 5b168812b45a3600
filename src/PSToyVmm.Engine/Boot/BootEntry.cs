using PSToyVmm.Engine.Memory;

namespace PSToyVmm.Engine.Boot;

/// <summary>
/// What the first vCPU's registers have to be to enter the kernel, interrupts off: long mode on these page tables (Linux:
/// Documentation/arch/x86/boot.rst, "64-bit Boot Protocol"), or 32-bit protected mode without paging (Xen:
/// docs/misc/pvh.pandoc; Multiboot Specification 0.6.96, 3.2).
/// </summary>
/// <param name="Rip">The kernel's entry point.</param>
/// <param name="BootParams">The zero page, for RSI; in 32-bit mode the boot information, for EBX.</param>
/// <param name="StackTop">For RSP.</param>
/// <param name="PageTableRoot">For CR3; of no use in 32-bit mode.</param>
/// <param name="Gdt">For GDTR and the segment registers; written to guest memory already.</param>
/// <param name="Kernel">Where the kernel was loaded.</param>
/// <param name="Initrd">Where Linux's initrd was loaded; null without one.</param>
public sealed record BootEntry(GuestAddress Rip, GuestAddress BootParams, GuestAddress StackTop, GuestAddress PageTableRoot, Gdt Gdt,
    KernelPlacement Kernel, InitrdPlacement? Initrd)
{
    /// <summary>Whether it is entered in long mode, and in 32-bit protected mode otherwise.</summary>
    public bool IsLongMode { get; init; } = true;

    /// <summary>For EAX in 32-bit mode.</summary>
    public uint Magic { get; init; }

    /// <summary>Where a 32-bit kernel's modules were loaded, an initrd among them.</summary>
    public IReadOnlyList<ModulePlacement> Modules { get; init; } = [];
}
