using PSToyVmm.Engine.Memory;
using Xunit;

namespace PSToyVmm.Tests.Unit.Memory;

/// <summary>Parts of guest memory that are looked up once, for queues and for system calls.</summary>
public sealed class GuestWindowTests : IDisposable
{
    readonly GuestMemory _memory = new(GuestMemory.HoleStart + GuestMemory.PageSize); // one page above the hole; never committed

    public void Dispose() => _memory.Dispose();

    [Theory]
    [InlineData(0ul, 16ul, true)]
    [InlineData(GuestMemory.HoleStart - 16, 16ul, true)]
    [InlineData(GuestMemory.HoleStart - 16, 17ul, false)] // into the hole
    [InlineData(GuestMemory.HoleStart, 1ul, false)]
    [InlineData(GuestMemory.HoleEnd - 1, 2ul, false)]
    [InlineData(GuestMemory.HoleEnd, 4096ul, true)]
    [InlineData(GuestMemory.HoleEnd, 4097ul, false)]
    [InlineData(ulong.MaxValue, 1ul, false)]
    [InlineData(0ul, (ulong)uint.MaxValue, false)] // across both
    public void A_part_is_wholly_inside_one_region_or_is_not_given(ulong at, ulong length, bool isInside)
    {
        Assert.Equal(isInside, _memory.TryResolve(new(at), length, out nint host));
        Assert.Equal(isInside, host != 0);
        Assert.Equal(isInside, _memory.TryOpen(new(at), (uint)length, out _));
    }

    [Fact]
    public void A_window_shows_the_same_bytes_and_none_behind_its_end()
    {
        Assert.True(_memory.TryOpen(new(0x1000), 8, out GuestWindow window));
        window.At<uint>(4) = 0x0403_0201;
        Assert.Equal([0, 0, 0, 0, 1, 2, 3, 4, 0], _memory.Slice(new(0x1000), 9).ToArray());
        Assert.Equal(0x0403_0201u, window.At<uint>(4));
        foreach (uint offset in (uint[])[5, 8, 9, uint.MaxValue]) Assert.Throws<GuestAccessException>(() => window.At<uint>(offset));
        Assert.Throws<GuestAccessException>(() => default(GuestWindow).At<byte>(0));
    }
}
