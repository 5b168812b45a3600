using CsCheck;
using PSToyVmm.Engine.Memory;
using Xunit;

namespace PSToyVmm.Tests.Unit.Memory;

public sealed class GuestAddressTests
{
    [Fact]
    public void A_sum_is_exact_or_throws() => Gen.Select(Gen.ULong, Gen.ULong).Sample((at, offset) =>
    {
        UInt128 sum = (UInt128)at + offset;
        if (sum <= ulong.MaxValue) Assert.Equal((ulong)sum, (new GuestAddress(at) + offset).Value);
        else Assert.Throws<OverflowException>(() => new GuestAddress(at) + offset);
    });

    [Fact]
    public void Addresses_are_ordered_as_their_values_are() => Gen.Select(Gen.ULong, Gen.ULong).Sample((a, b) =>
    {
        GuestAddress first = new(a), second = new(b);
        Assert.Equal([a < b, a > b, a <= b, a >= b], (bool[])[first < second, first > second, first <= second, first >= second]);
        Assert.Equal(a.CompareTo(b), first.CompareTo(second));
    });

    [Fact]
    public void An_address_is_shown_in_hexadecimal() => Assert.Equal("0xfee00000", new GuestAddress(0xfee0_0000).ToString());
}
