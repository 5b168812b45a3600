using System.Runtime.InteropServices;
using PSToyVmm.Engine.Boot.Acpi.Structs;

namespace PSToyVmm.Engine.Boot.Acpi;

/// <summary>Puts header and checksum to a table.</summary>
public static class AcpiTable
{
    internal static ReadOnlySpan<byte> Oem => "PSTOY "u8;
    internal static ReadOnlySpan<byte> Product => "PSTOYVMM"u8;

    /// <summary>A whole table.</summary>
    /// <param name="signature">Four characters.</param>
    /// <param name="revision">That of the table's format.</param>
    /// <param name="content">What follows the header.</param>
    public static byte[] Build(ReadOnlySpan<byte> signature, byte revision, ReadOnlySpan<byte> content)
    {
        byte[] table = new byte[TableHeader.Size + content.Length];
        content.CopyTo(table.AsSpan(TableHeader.Size));
        MemoryMarshal.Write(table, Header(signature, revision, table.Length));
        Checksum.Seal(table, TableHeader.ChecksumOffset);
        return table;
    }

    internal static TableHeader Header(ReadOnlySpan<byte> signature, byte revision, int length) => new()
    {
        Signature = signature,
        Length = (uint)length,
        Revision = revision,
        OemId = Oem,
        OemTableId = Product,
        OemRevision = 1,
        CreatorId = "PSTV"u8,
        CreatorRevision = 1,
    };
}
