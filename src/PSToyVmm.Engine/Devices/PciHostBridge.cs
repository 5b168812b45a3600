using System.Buffers.Binary;
using PSToyVmm.Engine.Bus;

namespace PSToyVmm.Engine.Devices;

/// <summary>
/// PCI's configuration mechanism #1 (PCI Local Bus Specification 3.0, 3.2.2.3.2), an address port (0xcf8) and a data port
/// (0xcfc), on a bus that has nothing but its host bridge; every other slot reads all ones. It is there for what Linux does
/// without it: complain of having no access to configuration space, 64 characters that cost two exits each before
/// its serial driver is up. And a mechanism without a bridge is not believed before all 256 functions have been asked.
/// </summary>
public sealed class PciHostBridge
{
    // The rest is reserved: 30:24, and 1:0, which are zero in mechanism #1.
    const uint Implemented = 0x80ff_fffc, Enable = 1u << 31, BusDeviceAndFunction = 0x00ff_ff00;

    uint _address;

    /// <summary>Makes the bridge and its two ports.</summary>
    public PciHostBridge() => (AddressPort, DataPort) = (new Address(this), new Data(this));

    /// <summary>One address, accessed by 32 bits at once.</summary>
    public IBusDevice AddressPort { get; }

    /// <summary>Four addresses.</summary>
    public IBusDevice DataPort { get; }

    // A type 0 header without base addresses: the identity that cloud-hypervisor's host bridge has, class 06 00. All the
    // rest reads zero and keeps nothing.
    static ReadOnlySpan<byte> Header => [0x86, 0x80, 0x57, 0x0d, 0, 0, 0, 0, 0, 0, 0x00, 0x06];

    sealed class Address(PciHostBridge bridge) : IBusDevice
    {
        public string Label => "pci";

        public void Read(ulong offset, Span<byte> data)
        {
            data.Fill(0xff);
            if (IsWhole(offset, data.Length)) BinaryPrimitives.WriteUInt32LittleEndian(data, Volatile.Read(ref bridge._address));
        }

        public void Write(ulong offset, ReadOnlySpan<byte> data)
        {
            if (IsWhole(offset, data.Length)) Volatile.Write(ref bridge._address, BinaryPrimitives.ReadUInt32LittleEndian(data) & Implemented);
        }

        // Smaller accesses are not this register's: 0xcf9 is another device.
        static bool IsWhole(ulong offset, int length) => offset == 0 && length == sizeof(uint);
    }

    sealed class Data(PciHostBridge bridge) : IBusDevice
    {
        public string Label => "pci";

        public void Read(ulong offset, Span<byte> data)
        {
            uint address = Volatile.Read(ref bridge._address);
            bool isBridge = (address & (Enable | BusDeviceAndFunction)) == Enable;
            for (int i = 0; i < data.Length; i++)
            {
                ulong register = (address & 0xfc) + offset + (uint)i;
                data[i] = !isBridge || offset + (uint)i >= sizeof(uint) ? (byte)0xff : register < (uint)Header.Length ? Header[(int)register] : (byte)0;
            }
        }

        public void Write(ulong offset, ReadOnlySpan<byte> data)
        {
        }
    }
}
