using System.Buffers.Binary;
using PSToyVmm.Engine.Bus;

namespace PSToyVmm.Engine.Devices;

/// <summary>
/// The address register of PCI's configuration mechanism #1 (PCI Local Bus Specification 3.0, 3.2.2.3.2; port 0xcf8) of a
/// machine whose bus is empty. It reads back what was written, by which a guest finds the mechanism; at the data port
/// behind it is nobody, which reads all ones as an empty slot does. Without it Linux complains of having no access to
/// configuration space: 64 characters, which before its serial driver is up cost two exits each.
/// </summary>
public sealed class PciConfigAddress : IBusDevice
{
    // The rest is reserved: 30:24, and 1:0, which are zero in mechanism #1.
    const uint Implemented = 0x80ff_fffc;

    uint _address;

    /// <inheritdoc/>
    public string Label => "pci";

    /// <inheritdoc/>
    public void Read(ulong offset, Span<byte> data)
    {
        data.Fill(0xff);
        if (IsWhole(offset, data.Length)) BinaryPrimitives.WriteUInt32LittleEndian(data, Volatile.Read(ref _address));
    }

    /// <inheritdoc/>
    public void Write(ulong offset, ReadOnlySpan<byte> data)
    {
        if (IsWhole(offset, data.Length)) Volatile.Write(ref _address, BinaryPrimitives.ReadUInt32LittleEndian(data) & Implemented);
    }

    // Smaller accesses are not the register's: 0xcf9 is another device.
    static bool IsWhole(ulong offset, int length) => offset == 0 && length == sizeof(uint);
}
