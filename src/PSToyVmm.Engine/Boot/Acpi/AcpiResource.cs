using System.Buffers.Binary;

namespace PSToyVmm.Engine.Boot.Acpi;

/// <summary>One thing that a device occupies: a resource descriptor (ACPI 6.4, 6.4).</summary>
public sealed class AcpiResource
{
    const byte IrqTag = 0x22, PortTag = 0x47, EndTag = 0x79, FixedMemoryTag = 0x86, InterruptTag = 0x89; // small ones have their length in them
    const byte Decodes16Bits = 1, Writable = 1;
    const byte ConsumerEdgeActiveHighExclusive = 0b0011;

    readonly byte[] _descriptor;

    AcpiResource(byte[] descriptor) => _descriptor = descriptor;

    /// <summary>I/O ports from <paramref name="first"/> on.</summary>
    public static AcpiResource Ports(ushort first, byte count) =>
        new([PortTag, Decodes16Bits, .. Word(first), .. Word(first), 1, count]);

    /// <summary>An interrupt of the ISA bus, 0 to 15: edge-triggered, active high, not shared.</summary>
    public static AcpiResource IsaInterrupt(int irq)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)irq, 15u);
        return new([IrqTag, .. Word((ushort)(1 << irq))]);
    }

    /// <summary>An input of the I/O APICs by its number in all of them: edge-triggered, active high, not shared.</summary>
    public static AcpiResource Interrupt(uint gsi) => new([InterruptTag, .. Word(6), ConsumerEdgeActiveHighExclusive, 1, .. DWord(gsi)]);

    /// <summary>Registers in memory below 4 GiB.</summary>
    public static AcpiResource Memory(uint address, uint size) => new([FixedMemoryTag, .. Word(9), Writable, .. DWord(address), .. DWord(size)]);

    /// <summary>Any other descriptor, as its bytes.</summary>
    public static AcpiResource Descriptor(ReadOnlySpan<byte> descriptor) => new(descriptor.ToArray());

    /// <summary>Descriptors and their end. A checksum of 0 counts as right (ACPI 6.4, 6.4.2.9).</summary>
    internal static byte[] Template(ReadOnlySpan<AcpiResource> resources)
    {
        List<byte> template = [];
        foreach (AcpiResource resource in resources) template.AddRange(resource._descriptor);
        return [.. template, EndTag, 0];
    }

    static byte[] Word(ushort value)
    {
        byte[] bytes = new byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, value);
        return bytes;
    }

    static byte[] DWord(uint value)
    {
        byte[] bytes = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes;
    }
}
