using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace PSToyVmm.Engine.Boot.Structs;

/// <summary>Where a kernel finds the configuration table (MP specification 1.4, 4.1).</summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
struct MpFloatingPointer
{
    public const int Size = 16, ChecksumOffset = 10;

    [FieldOffset(0)] public uint Signature;
    [FieldOffset(4)] public uint ConfigurationTable;
    [FieldOffset(8)] public byte LengthInParagraphs;
    [FieldOffset(9)] public byte Revision;
}

/// <summary>What the configuration table begins with (4.2).</summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
struct MpHeader
{
    public const int Size = 44, ChecksumOffset = 7;

    [FieldOffset(0)] public uint Signature;
    [FieldOffset(4)] public ushort Length;
    [FieldOffset(6)] public byte Revision;
    [FieldOffset(8)] public MpText8 OemId;
    [FieldOffset(16)] public MpText12 ProductId;
    [FieldOffset(34)] public ushort EntryCount;
    [FieldOffset(36)] public uint LocalApicAddress;
}

/// <summary>A processor (4.3.1).</summary>
[StructLayout(LayoutKind.Explicit, Size = 20)]
readonly struct MpProcessor(byte apicId, bool isBoot)
{
    const byte Enabled = 1 << 0, Boot = 1 << 1;

    [FieldOffset(0)] readonly byte _type = 0;
    [FieldOffset(1)] readonly byte _apicId = apicId;
    [FieldOffset(2)] readonly byte _apicVersion = MpVersions.LocalApic;
    [FieldOffset(3)] readonly byte _flags = (byte)(isBoot ? Enabled | Boot : Enabled);
    // Signature and features stay 0: a kernel asks CPUID.
}

/// <summary>A bus (4.3.2).</summary>
[StructLayout(LayoutKind.Explicit, Size = 8)]
readonly struct MpBus(byte id, MpText6 kind)
{
    [FieldOffset(0)] readonly byte _type = 1;
    [FieldOffset(1)] readonly byte _id = id;
    [FieldOffset(2)] readonly MpText6 _kind = kind;
}

/// <summary>An I/O APIC (4.3.3).</summary>
[StructLayout(LayoutKind.Explicit, Size = 8)]
readonly struct MpIoApic(byte id, uint address)
{
    const byte Enabled = 1;

    [FieldOffset(0)] readonly byte _type = 2;
    [FieldOffset(1)] readonly byte _id = id;
    [FieldOffset(2)] readonly byte _version = MpVersions.IoApic;
    [FieldOffset(3)] readonly byte _flags = Enabled;
    [FieldOffset(4)] readonly uint _address = address;
}

/// <summary>A wire from a bus to an input of an I/O APIC (4.3.4) or of a local APIC (4.3.5); trigger and polarity are those of the bus.</summary>
[StructLayout(LayoutKind.Explicit, Size = 8)]
readonly struct MpInterrupt(MpWire wire, MpInterruptKind kind, byte bus, byte busInterrupt, byte apic, byte input)
{
    [FieldOffset(0)] readonly MpWire _wire = wire;
    [FieldOffset(1)] readonly MpInterruptKind _kind = kind;
    [FieldOffset(4)] readonly byte _bus = bus;
    [FieldOffset(5)] readonly byte _busInterrupt = busInterrupt;
    [FieldOffset(6)] readonly byte _apic = apic;
    [FieldOffset(7)] readonly byte _input = input;
}

enum MpWire : byte
{
    ToIoApic = 3,
    ToLocalApic = 4,
}

enum MpInterruptKind : byte
{
    Vectored = 0,
    Nmi = 1,
    External = 3,
}

/// <summary>What the APICs' version registers read under KVM.</summary>
static class MpVersions
{
    public const byte LocalApic = 0x14, IoApic = 0x11;
}

/// <summary>Six characters, padded by spaces.</summary>
[InlineArray(6)]
struct MpText6
{
    byte _first;

    public static implicit operator MpText6(ReadOnlySpan<byte> text) => MemoryMarshal.Read<MpText6>(text);
}

/// <summary>Eight characters, padded by spaces.</summary>
[InlineArray(8)]
struct MpText8
{
    byte _first;

    public static implicit operator MpText8(ReadOnlySpan<byte> text) => MemoryMarshal.Read<MpText8>(text);
}

/// <summary>Twelve characters, padded by spaces.</summary>
[InlineArray(12)]
struct MpText12
{
    byte _first;

    public static implicit operator MpText12(ReadOnlySpan<byte> text) => MemoryMarshal.Read<MpText12>(text);
}
