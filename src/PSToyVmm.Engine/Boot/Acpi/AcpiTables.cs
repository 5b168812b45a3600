using System.Runtime.InteropServices;
using PSToyVmm.Engine.Boot.Acpi.Structs;
using PSToyVmm.Engine.Memory;

namespace PSToyVmm.Engine.Boot.Acpi;

/// <summary>
/// Writes a machine's ACPI tables from 0xe0000 on, below 1 MiB: reserved in the memory map (<see cref="MemoryMap"/>), and where
/// a kernel that is not told of them searches for the root (ACPI 6.4, 5.2.5.1).
/// </summary>
public static class AcpiTables
{
    /// <summary>Where they begin, with the root pointer.</summary>
    public static readonly GuestAddress Start = new(0xe_0000);

    static readonly GuestAddress s_end = ResetVector.Start;
    const ulong Alignment = 16;

    /// <summary>Writes all of them.</summary>
    /// <exception cref="InvalidOperationException">They do not fit.</exception>
    public static AcpiPlacement Write(GuestMemory memory, AcpiPlatform platform)
    {
        GuestAddress next = Start + Rsdp.Size;
        GuestAddress dsdt = Place(DifferentiatedTable.Build(platform));
        WireWriter tables = new();
        List<byte[]> listed = [FixedTable.Build(platform, dsdt), ApicTable.Build(platform.ApicIds), .. platform.Tables.Select(table => table.ToArray())];
        foreach (byte[] table in listed) tables.Add(Place(table).Value);
        GuestAddress xsdt = Place(AcpiTable.Build("XSDT"u8, revision: 1, tables.ToArray()));
        memory.Write(Start, Root(xsdt));
        return new(Start, next);

        GuestAddress Place(byte[] table)
        {
            GuestAddress at = new((next.Value + Alignment - 1) & ~(Alignment - 1));
            next = at + (ulong)table.Length;
            if (next > s_end) throw new InvalidOperationException($"The ACPI tables need more than the {s_end.Value - Start.Value} bytes that are there for them.");
            memory.Write(at, table);
            return at;
        }
    }

    static byte[] Root(GuestAddress xsdt)
    {
        byte[] root = new byte[Rsdp.Size];
        MemoryMarshal.Write(root, new Rsdp
        {
            Signature = "RSD PTR "u8,
            OemId = AcpiTable.Oem,
            Revision = Rsdp.CurrentRevision,
            Length = Rsdp.Size,
            Xsdt = xsdt.Value,
        });
        Checksum.Seal(root.AsSpan(0, Rsdp.FirstSize), Rsdp.ChecksumOffset);
        Checksum.Seal(root, Rsdp.ExtendedChecksumOffset);
        return root;
    }
}
