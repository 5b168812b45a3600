namespace PSToyVmm.Engine.Memory;

/// <summary>Kinds of an e820 entry (ACPI 6.4, table 15.4).</summary>
public enum MemoryKind : uint
{
    /// <summary>Usable by the operating system.</summary>
    Ram = 1,
    /// <summary>Not to be touched.</summary>
    Reserved = 2,
    /// <summary>ACPI tables; reclaimable once read.</summary>
    AcpiReclaimable = 3,
}

/// <summary>One entry of the memory map handed to the kernel.</summary>
public readonly record struct MemoryRange(GuestAddress Start, ulong Size, MemoryKind Kind);

/// <summary>
/// The guest's physical memory as a PC's firmware would report it (INT 15h, AX=E820h): conventional memory up to the
/// extended BIOS data area, the legacy hole reserved, RAM from 1 MiB, the MMIO hole left out, RAM again from 4 GiB.
/// </summary>
public static class MemoryMap
{
    /// <summary>Where conventional memory ends: the top KiB below 640 KiB is the EBDA, as on a PC.</summary>
    public const ulong EbdaStart = 0x9_fc00;

    /// <summary>Where RAM goes on after video memory and option ROMs.</summary>
    public const ulong HighMemoryStart = 0x10_0000;

    /// <summary>The map of a guest with these regions of RAM, sorted by address, free of overlaps.</summary>
    public static IReadOnlyList<MemoryRange> Describe(GuestMemory memory)
    {
        List<MemoryRange> map =
        [
            new(new(0), EbdaStart, MemoryKind.Ram),
            new(new(EbdaStart), HighMemoryStart - EbdaStart, MemoryKind.Reserved),
        ];
        foreach (GuestRegion region in memory.Regions)
        {
            ulong start = Math.Max(region.Start.Value, HighMemoryStart);
            if (region.End.Value > start) map.Add(new(new(start), region.End.Value - start, MemoryKind.Ram));
        }
        return map;
    }
}
