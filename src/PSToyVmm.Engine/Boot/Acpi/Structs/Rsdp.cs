using System.Runtime.InteropServices;

namespace PSToyVmm.Engine.Boot.Acpi.Structs;

/// <summary>The root pointer (ACPI 6.4, 5.2.5.3).</summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
struct Rsdp
{
    public const int Size = 36, ChecksumOffset = 8, ExtendedChecksumOffset = 32;

    /// <summary>What the first checksum covers: the whole of the table in ACPI 1.0.</summary>
    public const int FirstSize = 20;

    public const byte CurrentRevision = 2;

    [FieldOffset(0)] public OemTableId Signature;
    [FieldOffset(9)] public OemId OemId;
    [FieldOffset(15)] public byte Revision;
    [FieldOffset(20)] public uint Length;
    [FieldOffset(24)] public ulong Xsdt;
}
