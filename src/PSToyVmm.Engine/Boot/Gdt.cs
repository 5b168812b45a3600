using System.Runtime.InteropServices;
using PSToyVmm.Engine.Memory;

namespace PSToyVmm.Engine.Boot;

/// <summary>
/// The first global descriptor table. The 64-bit boot protocol (Linux: Documentation/arch/x86/boot.rst) wants flat
/// segments, code at selector 0x10 (__BOOT_CS) and data at 0x18 (__BOOT_DS); PVH and Multiboot want 32-bit ones, wherever.
/// The task segment is for VMX, which enters no guest without one that is busy.
/// </summary>
/// <param name="Base">Where the table lies, for GDTR.</param>
/// <param name="Limit">Offset of its last byte, for GDTR.</param>
/// <param name="Code">For CS.</param>
/// <param name="Data">For DS, ES, FS, GS and SS.</param>
/// <param name="Task">For TR.</param>
public sealed record Gdt(GuestAddress Base, ushort Limit, SegmentDescriptor Code, SegmentDescriptor Data, SegmentDescriptor Task)
{
    /// <summary>The table at <see cref="BootLayout.Gdt"/>, for long mode.</summary>
    public static Gdt Boot { get; } = new(BootLayout.Gdt, Limit: 6 * sizeof(ulong) - 1,
        Code: new(0x10, 0x00af_9b00_0000_ffff),
        Data: new(0x18, 0x00cf_9300_0000_ffff),
        // Sixteen bytes in long mode: the next entry, the upper half of its base, stays zero.
        Task: new(0x20, 0x008f_8b00_0000_ffff));

    /// <summary>The same for 32-bit protected mode; the task segment is as pvh.pandoc has it.</summary>
    public static Gdt Protected { get; } = Boot with
    {
        Code = new(0x10, 0x00cf_9b00_0000_ffff),
        Task = new(0x20, 0x0000_8b00_0000_0067),
    };

    /// <summary>Writes the table.</summary>
    public void Write(GuestMemory memory)
    {
        Span<byte> table = memory.Slice(Base, Limit + 1);
        table.Clear();
        foreach (SegmentDescriptor segment in (ReadOnlySpan<SegmentDescriptor>)[Code, Data, Task])
            MemoryMarshal.Write(table[segment.Selector..], segment.Descriptor);
    }
}
