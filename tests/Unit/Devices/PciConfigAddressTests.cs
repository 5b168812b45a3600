using System.Buffers.Binary;
using PSToyVmm.Engine.Devices;
using Xunit;

namespace PSToyVmm.Tests.Unit.Devices;

public class PciConfigAddressTests
{
    readonly PciConfigAddress _register = new();

    uint Value
    {
        get
        {
            byte[] data = new byte[4];
            _register.Read(0, data);
            return BinaryPrimitives.ReadUInt32LittleEndian(data);
        }
        set
        {
            byte[] data = new byte[4];
            BinaryPrimitives.WriteUInt32LittleEndian(data, value);
            _register.Write(0, data);
        }
    }

    // arch/x86/pci/direct.c, pci_check_type1.
    [Fact]
    public void Linux_finds_the_mechanism()
    {
        _register.Out(3, 0x01);
        uint before = Value;
        Value = 0x8000_0000;
        Assert.Equal(0x8000_0000u, Value);
        Value = before;
        Assert.Equal(before, Value);
    }

    [Fact]
    public void Reserved_bits_read_zero()
    {
        Value = uint.MaxValue;
        Assert.Equal(0x80ff_fffcu, Value);
    }

    [Theory, InlineData(0, 1), InlineData(0, 2), InlineData(0, 8), InlineData(1, 4), InlineData(3, 1)]
    public void Only_a_whole_dword_is_the_registers(ulong offset, int length)
    {
        Value = 0x8000_0800;
        byte[] data = new byte[length];
        _register.Write(offset, data);
        Assert.Equal(0x8000_0800u, Value);
        _register.Read(offset, data);
        Assert.All(data, value => Assert.Equal(0xff, value));
    }
}
