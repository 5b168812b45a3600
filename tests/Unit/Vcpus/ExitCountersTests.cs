using PSToyVmm.Engine.Vcpus;
using Xunit;

namespace PSToyVmm.Tests.Unit.Vcpus;

public class ExitCountersTests
{
    [Fact]
    public void Exits_add_up_per_reason_and_place()
    {
        ExitCounters counters = new();
        for (int i = 0; i < 10; i++) counters.Record(ExitKind.IoOut, 0x3f8, 2, i);
        counters.Record(ExitKind.IoIn, 0x3f8, 1, 5);
        ExitCounters.Reading row = counters.Read().Single(r => r.Kind == ExitKind.IoOut);
        Assert.Equal((0x3f8ul, 10L, 20L), (row.Place, row.Count, row.Bytes));
        Assert.True(row.Maximum <= row.Total);
        Assert.Equal(11, counters.Total);
    }

    [Fact]
    public void A_guest_that_touches_everything_fills_a_table_of_bounded_size_and_loses_no_count()
    {
        ExitCounters counters = new();
        for (ulong page = 0; page < 100_000; page++) counters.Record(ExitKind.MmioRead, 0xd000_0000 + (page << 12), 1, 1);
        for (ulong port = 0; port < 0x1_0000; port++) counters.Record(ExitKind.IoIn, port, 1, 1);
        Assert.Equal(100_000 + 0x1_0000, counters.Total);
        Assert.InRange(counters.Read().Count(), 700, 1024);
        Assert.Contains(counters.Read(), r => r is { Kind: ExitKind.MmioRead, Place: ExitCounters.NoPlace });
    }

    [Fact]
    public void Counting_allocates_nothing()
    {
        ExitCounters counters = new();
        counters.Record(ExitKind.IoIn, 1, 1, 1);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (ulong i = 0; i < 100_000; i++) counters.Record(ExitKind.IoIn, i & 0x3ff, 1, 1);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }
}
