using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace PSToyVmm.Engine.Boot.Acpi.Structs;

/// <summary>What every table but the RSDP begins with (ACPI 6.4, 5.2.6).</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
struct TableHeader
{
    public const int Size = 36, ChecksumOffset = 9;

    public Signature Signature;
    public uint Length;
    public byte Revision;
    public byte Checksum;
    public OemId OemId;
    public OemTableId OemTableId;
    public uint OemRevision;
    public Signature CreatorId;
    public uint CreatorRevision;
}

/// <summary>Four characters.</summary>
[InlineArray(4)]
struct Signature
{
    byte _first;

    public static implicit operator Signature(ReadOnlySpan<byte> text) => MemoryMarshal.Read<Signature>(text);
}

/// <summary>Six characters: who made the table.</summary>
[InlineArray(6)]
struct OemId
{
    byte _first;

    public static implicit operator OemId(ReadOnlySpan<byte> text) => MemoryMarshal.Read<OemId>(text);
}

/// <summary>Eight characters.</summary>
[InlineArray(8)]
struct OemTableId
{
    byte _first;

    public static implicit operator OemTableId(ReadOnlySpan<byte> text) => MemoryMarshal.Read<OemTableId>(text);
}
