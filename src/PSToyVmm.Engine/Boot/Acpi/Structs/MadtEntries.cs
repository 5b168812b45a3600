using System.Runtime.InteropServices;

namespace PSToyVmm.Engine.Boot.Acpi.Structs;

/// <summary>What follows the header of the multiple APIC description table (ACPI 6.4, 5.2.12).</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
readonly struct MadtStart(uint localApicAddress, bool hasDual8259)
{
    readonly uint _localApicAddress = localApicAddress;
    readonly uint _flags = hasDual8259 ? 1u : 0;
}

/// <summary>A processor with an APIC id below 255 (ACPI 6.4, 5.2.12.2).</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
readonly struct MadtLocalApic(byte processor, byte apicId)
{
    readonly byte _type = 0, _length = 8, _processor = processor, _apicId = apicId;
    readonly uint _flags = MadtFlags.Enabled;
}

/// <summary>An I/O APIC (ACPI 6.4, 5.2.12.3).</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
readonly struct MadtIoApic(byte id, uint address, uint firstGsi)
{
    readonly byte _type = 1, _length = 12, _id = id, _reserved = 0;
    readonly uint _address = address, _firstGsi = firstGsi;
}

/// <summary>Where every local APIC's NMI input is wired (ACPI 6.4, 5.2.12.7).</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
readonly struct MadtLocalApicNmi(byte input)
{
    readonly byte _type = 4, _length = 6, _processor = byte.MaxValue;
    readonly ushort _flags = MadtFlags.ConformsToBus;
    readonly byte _input = input;
}

/// <summary>A processor with an APIC id of 255 or more (ACPI 6.4, 5.2.12.12).</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
readonly struct MadtLocalX2Apic(uint processor, uint apicId)
{
    readonly byte _type = 9, _length = 16;
    readonly ushort _reserved = 0;
    readonly uint _apicId = apicId, _flags = MadtFlags.Enabled, _processor = processor;
}

/// <summary>The same of every x2APIC (ACPI 6.4, 5.2.12.13).</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
readonly struct MadtLocalX2ApicNmi(byte input)
{
    readonly byte _type = 10, _length = 12;
    readonly ushort _flags = MadtFlags.ConformsToBus;
    readonly uint _processor = uint.MaxValue;
    readonly byte _input = input, _reserved0 = 0, _reserved1 = 0, _reserved2 = 0;
}

static class MadtFlags
{
    public const uint Enabled = 1;
    public const ushort ConformsToBus = 0;
}
