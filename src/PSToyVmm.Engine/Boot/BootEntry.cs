using PSToyVmm.Engine.Memory;

namespace PSToyVmm.Engine.Boot;

/// <summary>
/// What the first vCPU's registers have to be to enter the kernel (Linux: Documentation/arch/x86/boot.rst, "64-bit Boot
/// Protocol"): long mode on these page tables, interrupts off.
/// </summary>
/// <param name="Rip">The kernel's 64-bit entry point.</param>
/// <param name="BootParams">The zero page, for RSI.</param>
/// <param name="StackTop">For RSP.</param>
/// <param name="PageTableRoot">For CR3.</param>
/// <param name="Gdt">For GDTR and the segment registers; written to guest memory already.</param>
/// <param name="Kernel">Where the kernel was loaded.</param>
/// <param name="Initrd">Where the initrd was loaded; null without one.</param>
public sealed record BootEntry(GuestAddress Rip, GuestAddress BootParams, GuestAddress StackTop, GuestAddress PageTableRoot, Gdt Gdt,
    KernelPlacement Kernel, InitrdPlacement? Initrd);
