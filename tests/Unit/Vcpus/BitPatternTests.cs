using PSToyVmm.Engine.Vcpus;
using Xunit;

namespace PSToyVmm.Tests.Unit.Vcpus;

public sealed class BitPatternTests
{
    [Theory]
    [InlineData("0b1", 1, 1)]
    [InlineData("0bx0_1x", 0b0110, 0b0010)]
    [InlineData("0b01x", 0b110, 0b010)]
    [InlineData("0bxxxx000000000011xx00011011110010", 0x0fff_3fff, 0x0003_06f2)]
    [InlineData("0b1111_1111_1111_1111_1111_1111_1111_1111", uint.MaxValue, uint.MaxValue)]
    public void Reads_bits_to_clear_set_and_leave(string text, ulong filter, ulong value)
    {
        Assert.True(BitPattern.TryParse(text, 32, out BitPattern pattern));
        Assert.Equal(new(filter, value), pattern);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0b")]
    [InlineData("0b_")]
    [InlineData("0b2")]
    [InlineData("0bX")]
    [InlineData("0x1")]
    [InlineData("01x")]
    [InlineData(" 0b1")]
    [InlineData("0b1111_1111_1111_1111_1111_1111_1111_11110")]
    public void Refuses_what_is_none(string text) => Assert.False(BitPattern.TryParse(text, 32, out _));

    [Fact]
    public void Changes_what_it_decides_and_nothing_else()
    {
        BitPattern pattern = new(0b1100, 0b0100);
        Assert.Equal(0b0110ul, pattern.Apply(0b1010));
        Assert.Equal(0b1100ul, pattern.Differences(0b1010));
        Assert.Equal(0ul, pattern.Differences(0b0110));
    }

    [Theory]
    [InlineData(0x1, "bit 0")]
    [InlineData(0x8, "bit 3")]
    [InlineData(0x203, "bits 0-1, 9")]
    [InlineData(0x8000_0000_0000_0000, "bit 63")]
    [InlineData(ulong.MaxValue, "bits 0-63")]
    [InlineData(0xf000_0000_0000_0001, "bits 0, 60-63")]
    public void Names_bits(ulong mask, string words) => Assert.Equal(words, BitPattern.Describe(mask));
}
