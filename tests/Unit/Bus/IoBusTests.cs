using CsCheck;
using PSToyVmm.Engine.Bus;
using Xunit;

namespace PSToyVmm.Tests.Unit.Bus;

public class IoBusTests
{
    sealed class Recorder(string label) : IBusDevice
    {
        public string Label => label;
        public List<(ulong Offset, byte[] Data)> Writes { get; } = [];
        public void Read(ulong offset, Span<byte> data) => data.Fill((byte)offset);
        public void Write(ulong offset, ReadOnlySpan<byte> data) => Writes.Add((offset, data.ToArray()));
    }

    static byte ReadByte(IoBus bus, ulong address)
    {
        byte value = 0;
        bus.Read(address, new(ref value));
        return value;
    }

    [Fact]
    public void A_device_sees_offsets_from_its_base()
    {
        IoBus bus = new();
        Recorder device = new("serial");
        bus.Attach(0x3f8, 8, device);
        Assert.Equal(5, ReadByte(bus, 0x3fd));
        bus.Write(0x3ff, [1, 2]);
        (ulong offset, byte[] data) = Assert.Single(device.Writes);
        Assert.Equal(7ul, offset);
        Assert.Equal([1, 2], data);
    }

    [Fact]
    public void What_nobody_claims_reads_all_ones_and_swallows_writes()
    {
        IoBus bus = new();
        Recorder device = new("serial");
        bus.Attach(0x3f8, 8, device);
        byte[] data = [1, 2, 3, 4];
        bus.Read(0x3f7, data);
        Assert.Equal([0xff, 0xff, 0xff, 0xff], data);
        bus.Write(0x400, data);
        Assert.Empty(device.Writes);
        Assert.Equal("unclaimed", bus.LabelAt(0x400));
        Assert.Equal("serial", bus.LabelAt(0x3ff));
    }

    [Theory, InlineData(0x3f8, 8), InlineData(0x3f0, 9), InlineData(0x3ff, 1), InlineData(0x3fa, 2), InlineData(0x0, 0x10000)]
    public void An_overlap_is_refused_and_names_both(ulong first, ulong length)
    {
        IoBus bus = new();
        bus.Attach(0x3f8, 8, new Recorder("serial"));
        InvalidOperationException refusal = Assert.Throws<InvalidOperationException>(() => bus.Attach(first, length, new Recorder("other")));
        Assert.Contains("serial 0x3f8-0x3ff", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("other", refusal.Message, StringComparison.Ordinal);
    }

    [Theory, InlineData(0, 0), InlineData(ulong.MaxValue, 2), InlineData(2, ulong.MaxValue)]
    public void A_range_that_is_empty_or_wraps_is_refused(ulong first, ulong length) =>
        Assert.Throws<InvalidOperationException>(() => new IoBus().Attach(first, length, new Recorder("odd")));

    [Fact]
    public void The_ends_of_the_address_space_can_be_claimed()
    {
        IoBus bus = new();
        bus.Attach(0, 1, new Recorder("first"));
        bus.Attach(ulong.MaxValue, 1, new Recorder("last"));
        Assert.Equal("first", bus.LabelAt(0));
        Assert.Equal("last", bus.LabelAt(ulong.MaxValue));
        Assert.Equal("unclaimed", bus.LabelAt(ulong.MaxValue - 1));
    }

    [Fact]
    public void Looking_up_agrees_with_looking_everywhere() =>
        Gen.Select(Gen.Int[0, 200], Gen.Int[1, 12]).Array[0, 30].Sample(ranges =>
        {
            IoBus bus = new();
            string[] expected = [.. Enumerable.Repeat("unclaimed", 220)];
            foreach ((int first, int length) in ranges)
            {
                string label = $"{first}+{length}";
                bool free = expected.AsSpan(first, length).IndexOfAnyExcept("unclaimed") < 0;
                if (free)
                {
                    bus.Attach((ulong)first, (ulong)length, new Recorder(label));
                    expected.AsSpan(first, length).Fill(label);
                }
                else Assert.Throws<InvalidOperationException>(() => bus.Attach((ulong)first, (ulong)length, new Recorder(label)));
            }
            for (int address = 0; address < expected.Length; address++)
                Assert.Equal(expected[address], bus.LabelAt((ulong)address));
        });

    [Fact]
    public void Looking_up_allocates_nothing()
    {
        IoBus bus = new();
        for (ulong i = 0; i < 20; i++) bus.Attach(i * 16, 8, new Recorder("device"));
        byte[] data = new byte[4];
        Assert.Equal(0, Allocation.Of(() =>
        {
            for (uint i = 0; i < 100_000; i++) bus.Read(i % 400, data);
        }));
    }
}
