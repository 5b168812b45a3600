using PSToyVmm.Engine.Memory;

namespace PSToyVmm.Engine.Boot;

/// <summary>
/// Where the boot structures lie in the guest's conventional memory. All of it is free for the kernel once it runs: it
/// copies what it wants to keep. The addresses are those of Firecracker, so that dumps of the two compare.
/// </summary>
public static class BootLayout
{
    /// <summary>The global descriptor table: <see cref="Gdt"/>.</summary>
    public static readonly GuestAddress Gdt = new(0x500);

    /// <summary>The zero page, one page: <see cref="Boot.BootParams"/>.</summary>
    public static readonly GuestAddress BootParams = new(0x7000);

    /// <summary>Top of the first stack, which grows down to the zero page's end at 0x8000.</summary>
    public static readonly GuestAddress StackTop = new(0x8ff0);

    /// <summary>PML4, PDPT and four page directories, a page each: 0x9000 to 0xefff.</summary>
    public static readonly GuestAddress PageTables = new(0x9000);

    /// <summary>What the 32-bit protocols tell a kernel: PVH's start_info or Multiboot's information, and all that they point to.</summary>
    public static readonly GuestAddress Information = new(0x1_0000);

    /// <summary>Bytes set aside for it.</summary>
    public const int InformationRoom = 0x1_0000;

    /// <summary>The command line with its NUL.</summary>
    public static readonly GuestAddress CommandLine = new(0x2_0000);

    /// <summary>Bytes set aside for the command line and its NUL: far more than any kernel reads.</summary>
    public const int CommandLineRoom = 0x1_0000;

    /// <summary>Conventional memory from here up to the extended BIOS data area holds nothing of ours.</summary>
    public static readonly GuestAddress FreeStart = CommandLine + CommandLineRoom;

    /// <summary>The lowest address for a kernel: what is below belongs to the structures above and to the PC's legacy hole.</summary>
    public static readonly GuestAddress KernelMinimum = new(MemoryMap.HighMemoryStart);

    /// <summary>
    /// Bytes of RAM from address 0 up to the MMIO hole, in a guest of that much memory. Kernel and initrd lie in it: the
    /// first page tables map no more.
    /// </summary>
    public static ulong LowMemory(ulong memoryBytes) => Math.Min(memoryBytes, GuestMemory.HoleStart);
}
