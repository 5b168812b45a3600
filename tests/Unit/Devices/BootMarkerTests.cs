using PSToyVmm.Engine.Devices;
using Xunit;

namespace PSToyVmm.Tests.Unit.Devices;

public class BootMarkerTests
{
    static readonly DateTimeOffset s_start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    readonly FakeTime _time = new(s_start);
    readonly List<byte> _told = [];
    readonly BootMarker _port;

    public BootMarkerTests() => _port = new(_time, _told.Add);

    [Fact]
    public void A_marker_is_stamped_the_first_time_only()
    {
        _port.Out(0, 123);
        _time.Now += TimeSpan.FromSeconds(1);
        _port.Out(0, 123);
        _port.Out(0, 0);
        Assert.Equal(s_start.UtcTicks, _port.FirstTimestamp(123));
        Assert.Equal((s_start + TimeSpan.FromSeconds(1)).UtcTicks, _port.FirstTimestamp(0));
        Assert.Null(_port.FirstTimestamp(1));
        Assert.Equal([123, 0], _told);
        Assert.Equal(3, _port.WriteCount);
    }

    [Fact]
    public void A_million_writes_are_told_256_times()
    {
        for (int i = 0; i < 1_000_000; i++) _port.Out(0, (byte)(i * 7));
        Assert.Equal(256, _told.Count);
        Assert.Equal(1_000_000, _port.WriteCount);
    }

    [Fact]
    public void It_reads_as_an_empty_bus() => Assert.Equal(0xff, _port.In());
}
