using System.Buffers.Binary;
using PSToyVmm.Engine.Bus;
using PSToyVmm.Engine.Devices;
using Xunit;

namespace PSToyVmm.Tests.Unit.Devices;

public class PciHostBridgeTests
{
    readonly PciHostBridge _bridge = new();

    uint Address
    {
        get => Read(_bridge.AddressPort, 0);
        set
        {
            byte[] data = new byte[4];
            BinaryPrimitives.WriteUInt32LittleEndian(data, value);
            _bridge.AddressPort.Write(0, data);
        }
    }

    static uint Read(IBusDevice port, ulong offset, int length = 4)
    {
        byte[] data = new byte[length];
        port.Read(offset, data);
        return data.Reverse().Aggregate(0u, (value, b) => value << 8 | b);
    }

    // arch/x86/pci/direct.c, pci_check_type1 and pci_sanity_check.
    [Fact]
    public void Linux_finds_the_mechanism_and_believes_it_at_once()
    {
        _bridge.AddressPort.Out(3, 0x01);
        uint before = Address;
        Address = 0x8000_0000;
        Assert.Equal(0x8000_0000u, Address);
        Address = before;
        Assert.Equal(before, Address);
        Address = 0x8000_0008;
        Assert.Equal(0x0600u, Read(_bridge.DataPort, 2, 2));
    }

    [Theory]
    [InlineData(0x8000_0000, 0, 4, 0x0d57_8086)]
    [InlineData(0x8000_0000, 2, 2, 0x0d57)]
    [InlineData(0x8000_0008, 0, 4, 0x0600_0000)]
    [InlineData(0x8000_000c, 2, 1, 0x00)]                              // header type 0, one function
    [InlineData(0x8000_0010, 0, 4, 0)]                                 // no base address
    [InlineData(0x8000_00fc, 0, 4, 0)]
    [InlineData(0x8000_0800, 0, 4, 0xffff_ffff)]                       // device 1
    [InlineData(0x8000_0100, 0, 4, 0xffff_ffff)]                       // function 1
    [InlineData(0x8001_0000, 0, 4, 0xffff_ffff)]                       // bus 1
    [InlineData(0x0000_0000, 0, 4, 0xffff_ffff)]                       // not enabled
    public void A_register_reads(uint address, ulong offset, int length, uint value)
    {
        Address = address;
        Assert.Equal(value, Read(_bridge.DataPort, offset, length));
    }

    [Fact]
    public void Nothing_can_be_changed()
    {
        Address = 0x8000_0010;
        _bridge.DataPort.Write(0, [0xff, 0xff, 0xff, 0xff]);
        Assert.Equal(0u, Read(_bridge.DataPort, 0));
    }

    [Fact]
    public void Reserved_bits_read_zero()
    {
        Address = uint.MaxValue;
        Assert.Equal(0x80ff_fffcu, Address);
    }

    [Theory, InlineData(0, 1), InlineData(0, 2), InlineData(0, 8), InlineData(1, 4), InlineData(3, 1)]
    public void Only_a_whole_dword_is_the_address(ulong offset, int length)
    {
        Address = 0x8000_0800;
        byte[] data = new byte[length];
        _bridge.AddressPort.Write(offset, data);
        Assert.Equal(0x8000_0800u, Address);
        _bridge.AddressPort.Read(offset, data);
        Assert.All(data, value => Assert.Equal(0xff, value));
    }
}
