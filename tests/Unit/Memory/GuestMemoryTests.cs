using CsCheck;
using PSToyVmm.Engine.Memory;
using Xunit;

namespace PSToyVmm.Tests.Unit.Memory;

/// <summary>The one door to guest memory: what lies wholly inside one region passes, all else throws.</summary>
public sealed class GuestMemoryTests
{
    const ulong Small = 1 << 20;
    const ulong Large = GuestMemory.HoleStart + Small; // one more MiB above the hole; never committed

    // Numbers near the edges, from where every mistake of the arithmetic would show, and any others.
    static readonly Gen<ulong> s_addresses = Gen.OneOf(Gen.ULong,
        Gen.Select(Gen.OneOf(0ul, Small, GuestMemory.HoleStart, GuestMemory.HoleEnd, GuestMemory.HoleEnd + Small, 1ul << 63), Gen.Int[-4100, 4100], (edge, delta) => unchecked(edge + (ulong)delta)));

    static readonly Gen<int> s_lengths = Gen.OneOf(Gen.Int, Gen.Int[0, 4200], Gen.OneOf(int.MinValue, -1, 0, 1, int.MaxValue));

    // The oracle computes with numbers that cannot overflow.
    static bool IsInside(ulong size, UInt128 at, Int128 length)
    {
        ulong low = Math.Min(size, GuestMemory.HoleStart);
        return length >= 0 && (at + (UInt128)length <= low
            || (size > low && at >= GuestMemory.HoleEnd && at + (UInt128)length <= GuestMemory.HoleEnd + (UInt128)(size - low)));
    }

    [Theory]
    [InlineData(Small)]
    [InlineData(Large)]
    public void A_slice_is_given_exactly_where_it_lies_inside_one_region(ulong size)
    {
        using GuestMemory memory = new(size);
        Gen.Select(s_addresses, s_lengths).Sample((at, length) =>
        {
            bool inside = IsInside(size, at, length);
            if (length >= 0) Assert.Equal(inside, memory.Contains(new(at), (ulong)length));
            if (inside)
            {
                Assert.Equal(length, memory.Slice(new(at), length).Length);
                return;
            }
            GuestAccessException refusal = Assert.Throws<GuestAccessException>(() => { _ = memory.Slice(new(at), length); });
            Assert.Equal((at, (long)length), (refusal.Address.Value, refusal.Length));
        }, iter: 20_000);
    }

    [Theory]
    [InlineData(Small)]
    [InlineData(Large)]
    public void Containment_holds_for_lengths_of_64_bits(ulong size)
    {
        using GuestMemory memory = new(size);
        Gen.Select(s_addresses, Gen.OneOf(Gen.ULong, s_addresses)).Sample(
            (at, length) => Assert.Equal(IsInside(size, at, length), memory.Contains(new(at), length)), iter: 20_000);
    }

    [Fact]
    public void What_is_written_is_read_back_at_every_edge()
    {
        using GuestMemory memory = new(Large);
        foreach (ulong at in (ulong[])[0, GuestMemory.HoleStart - 8, GuestMemory.HoleEnd, GuestMemory.HoleEnd + Small - 8])
        {
            memory.Ref<ulong>(new(at)) = at ^ 0x1122_3344_5566_7788;
            Assert.Equal(BitConverter.GetBytes(at ^ 0x1122_3344_5566_7788), memory.Slice(new(at), 8).ToArray());
            memory.Write(new(at), "12345678"u8);
            Assert.Equal(0x3837_3635_3433_3231ul, memory.Ref<ulong>(new(at)));
        }
    }

    [Fact]
    public void The_two_sides_of_the_hole_do_not_touch()
    {
        using GuestMemory memory = new(Large);
        Assert.Throws<GuestAccessException>(() => { _ = memory.Slice(new(GuestMemory.HoleStart - 4), 8); });
        Assert.Throws<GuestAccessException>(() => { _ = memory.Slice(new(GuestMemory.HoleStart), 1); });
        Assert.Throws<GuestAccessException>(() => { _ = memory.Slice(new(GuestMemory.HoleEnd - 1), 2); });
        Assert.Throws<GuestAccessException>(() => { _ = memory.Ref<ulong>(new(GuestMemory.HoleEnd + Small - 7)); });
        Assert.Throws<GuestAccessException>(() => memory.Write(new(ulong.MaxValue), [1, 2]));
    }

    [Fact]
    public void Regions_tell_where_memory_is()
    {
        using GuestMemory small = new(Small), large = new(Large);
        Assert.Equal([(0ul, Small)], small.Regions.Select(region => (region.Start.Value, region.Size)));
        Assert.Equal([(0ul, GuestMemory.HoleStart), (GuestMemory.HoleEnd, Small)], large.Regions.Select(region => (region.Start.Value, region.Size)));
        Assert.Equal(new GuestAddress(GuestMemory.HoleEnd + Small), large.Regions[1].End);
        Assert.Same(large.Regions[0], large.Low);
    }

    [Fact]
    public void A_file_is_read_into_memory_to_the_byte()
    {
        using TempFile file = new([.. Enumerable.Range(0, 256).Select(i => (byte)i)]);
        using GuestMemory memory = new(Small);
        using var handle = File.OpenHandle(file.Path);
        memory.ReadFile(handle, 16, new(Small - 32), 32);
        Assert.Equal(Enumerable.Range(16, 32).Select(i => (byte)i), memory.Slice(new(Small - 32), 32).ToArray());
        Assert.Equal(0, memory.Slice(new(Small - 33), 1)[0]);
        memory.ReadFile(handle, 256, new(Small), 0);
    }

    [Fact]
    public void A_file_that_ends_early_or_a_target_outside_throws_and_writes_nothing_outside()
    {
        using TempFile file = new(new byte[256]);
        using GuestMemory memory = new(Small);
        using var handle = File.OpenHandle(file.Path);
        Assert.Throws<EndOfStreamException>(() => memory.ReadFile(handle, 250, new(0), 7));
        Assert.Throws<GuestAccessException>(() => memory.ReadFile(handle, 0, new(Small - 8), 9));
        Assert.Throws<GuestAccessException>(() => memory.ReadFile(handle, 0, new(0), -1));
        Assert.Throws<GuestAccessException>(() => memory.ReadFile(handle, 0, new(ulong.MaxValue), long.MaxValue));
    }

    [Fact]
    public void After_it_is_disposed_the_door_is_shut()
    {
        GuestMemory memory = new(Small);
        memory.Dispose();
        memory.Dispose();
        Assert.Throws<ObjectDisposedException>(() => { _ = memory.Slice(new(0), 1); });
    }
}
