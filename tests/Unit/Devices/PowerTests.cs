using PSToyVmm.Engine.Devices;
using Xunit;

namespace PSToyVmm.Tests.Unit.Devices;

public class PowerTests
{
    int _powerOffs, _resets;

    PowerControl Power => new(() => _powerOffs++, () => _resets++);

    [Theory]
    [InlineData(0x34, 1, 0)]                                           // S5 with SLP_EN
    [InlineData(0xf5, 1, 0)]                                           // whatever the reserved bits are
    [InlineData(0x14, 0, 0)]                                           // S5 without SLP_EN
    [InlineData(0x20, 0, 0)]                                           // SLP_EN of another state
    [InlineData(0x2c, 0, 0)]
    [InlineData(0x01, 0, 1)]                                           // reset register
    [InlineData(0x00, 0, 0)]
    public void A_value_means(byte value, int powerOffs, int resets)
    {
        Power.Out(0, value);
        Assert.Equal((powerOffs, resets), (_powerOffs, _resets));
    }

    [Fact]
    public void Sleep_status_says_that_nothing_woke_it() => Assert.Equal(0, Power.In());

    [Theory, InlineData(0x06), InlineData(0x0e), InlineData(0x04)]
    public void Linux_resets_by_0xcf9_in_two_steps(byte code)
    {
        ResetControl control = new(() => _resets++);
        byte old = (byte)(control.In() & ~code);
        control.Out(0, (byte)(old | 2));
        Assert.Equal((0, 2), (_resets, control.In()));
        control.Out(0, (byte)(old | code));
        Assert.Equal(1, _resets);
        control.Out(0, code);                                          // it has to rise
        Assert.Equal((1, code), (_resets, control.In()));
        control.Out(0, 0);
        control.Out(0, code);
        Assert.Equal(2, _resets);
    }

    [Fact]
    public void Reserved_bits_of_0xcf9_read_zero()
    {
        ResetControl control = new(() => _resets++);
        control.Out(0, 0xfb);
        Assert.Equal((0, 0x0a), (_resets, control.In()));
    }
}
