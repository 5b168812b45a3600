using System.Diagnostics;
using System.Text;
using CsCheck;
using PSToyVmm.Engine.Consoles;
using PSToyVmm.Tests.Unit.Bus;
using Xunit;

namespace PSToyVmm.Tests.Unit.Consoles;

public class SerialLogTests
{
    static readonly TimeSpan s_long = TimeSpan.FromSeconds(30);

    /// <summary>The byte that the tests write at a position.</summary>
    static byte At(long position) => (byte)(position * 31 ^ position >> 8);

    static byte[] Content(long from, int length) => [.. Enumerable.Range(0, length).Select(i => At(from + i))];

    static string ReadText(SerialLog log, ref long position)
    {
        byte[] buffer = new byte[100];
        return Encoding.ASCII.GetString(buffer.AsSpan(0, log.Read(ref position, buffer)));
    }

    [Fact]
    public void Readers_read_each_at_a_position_of_its_own()
    {
        using SerialLog log = new();
        log.Append("hello "u8);
        long first = 0, second = 0;
        Assert.Equal("hello ", ReadText(log, ref first));
        log.Append("world"u8);
        Assert.Equal("world", ReadText(log, ref first));
        Assert.Equal("hello world", ReadText(log, ref second));
        Assert.Equal("", ReadText(log, ref second));
        Assert.Equal((11, 11, 0, 11), (first, second, log.Start, log.End));
    }

    [Fact]
    public void A_reader_that_was_overtaken_goes_on_at_the_oldest_byte()
    {
        using SerialLog log = new(capacity: 10);
        log.Append("0123456789abcdef"u8);
        Assert.Equal((6, 16), (log.Start, log.End));
        long position = 2;
        Assert.Equal("6789abcdef", ReadText(log, ref position));
        Assert.Equal(16, position);
    }

    [Theory, InlineData(-5, "abc", 3), InlineData(3, "", 3), InlineData(99, "", 99), InlineData(long.MaxValue, "", long.MaxValue)]
    public void Odd_positions_are_harmless(long position, string expected, long after)
    {
        using SerialLog log = new();
        log.Append("abc"u8);
        Assert.Equal(expected, ReadText(log, ref position));
        Assert.Equal(after, position);
    }

    [Fact]
    public void The_ring_holds_just_the_last_bytes_whatever_its_size() =>
        Gen.Select(Gen.Int[1, 300_000], Gen.Int[0, 200_000].Array[1, 8], Gen.Int[1, 100_000]).Sample((capacity, lengths, bufferSize) =>
        {
            using SerialLog log = new(capacity);
            foreach (int length in lengths) log.Append(Content(log.End, length));
            Assert.Equal(lengths.Sum(), log.End);
            Assert.Equal(Math.Max(0, log.End - capacity), log.Start);
            long position = 0;
            byte[] buffer = new byte[bufferSize];
            for (long expected = log.Start; log.Read(ref position, buffer) is > 0 and var count; expected = position)
            {
                Assert.Equal(expected + count, position);
                Assert.True(buffer.AsSpan(0, count).SequenceEqual(Content(expected, count)));
            }
            Assert.Equal(log.End, position);
        }, iter: 50);

    [Theory, InlineData(false), InlineData(true)]
    public void Appending_allocates_nothing_once_the_ring_is_full(bool withFile)
    {
        using SerialLog log = new(capacity: 100_000, withFile ? Stream.Null : null);
        byte[] one = [1];
        Assert.Equal(0, Allocation.Of(() =>
        {
            for (int i = 0; i < 100_000; i++) log.Append(one);
            log.Complete();
        }));
    }

    [Fact]
    public void A_silent_log_costs_no_ring()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        using SerialLog log = new();
        log.Append("a"u8);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1, 80 << 10);
    }

    [Fact]
    public async Task Waiting_ends_when_something_is_there()
    {
        using SerialLog log = new();
        Task<bool> waiting = Task.Run(() => log.WaitForMore(0, s_long, default));
        await Task.Delay(50);                                          // it waits by now, longer than it polls
        Assert.False(waiting.IsCompleted);
        log.Append("x"u8);
        Assert.True(await waiting.WaitAsync(s_long / 3));
        Assert.True(log.WaitForMore(0, TimeSpan.Zero, default));
        Assert.False(log.WaitForMore(1, TimeSpan.Zero, default));
    }

    [Fact]
    public void Waiting_ends_when_the_time_is_over()
    {
        using SerialLog log = new();
        long started = Stopwatch.GetTimestamp();
        Assert.False(log.WaitForMore(0, TimeSpan.FromMilliseconds(50), default));
        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalMilliseconds, 50, 10_000);
    }

    [Fact]
    public async Task Waiting_ends_when_the_machine_is_off_and_begins_again_when_it_is_on()
    {
        using SerialLog log = new();
        Task<bool> waiting = Task.Run(() => log.WaitForMore(0, Timeout.InfiniteTimeSpan, default));
        log.Append("first"u8);
        Assert.True(await waiting);
        waiting = Task.Run(() => log.WaitForMore(log.End, Timeout.InfiniteTimeSpan, default));
        log.Complete();
        Assert.False(await waiting);
        Assert.Equal((true, 0), (log.IsCompleted, log.RunStart));
        log.Reopen();
        Assert.Equal((false, 5), (log.IsCompleted, log.RunStart));
        waiting = Task.Run(() => log.WaitForMore(5, s_long, default));
        log.Append("again"u8);
        Assert.True(await waiting);
    }

    [Fact]
    public async Task Waiting_ends_when_it_is_cancelled()
    {
        using SerialLog log = new();
        using CancellationTokenSource stop = new();
        Task<bool> waiting = Task.Run(() => log.WaitForMore(0, Timeout.InfiniteTimeSpan, stop.Token));
        stop.CancelAfter(20);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Throws<OperationCanceledException>(() => log.WaitForMore(0, s_long, stop.Token));
    }

    [Fact]
    public async Task Every_reader_that_keeps_up_sees_every_byte_once()
    {
        const int Total = 2_000_000;
        using SerialLog log = new(capacity: Total);
        Task<long>[] readers = [.. Enumerable.Range(1, 3).Select(reader => Task.Run(() =>
        {
            long position = 0, expected = 0;
            byte[] buffer = new byte[reader * 5000];
            while (log.WaitForMore(position, s_long, default))
            {
                int count = log.Read(ref position, buffer);
                for (int i = 0; i < count; i++, expected++)
                    if (buffer[i] != At(expected)) return expected;
            }
            return expected;
        }))];
        Random random = new(1);
        while (log.End < Total)
        {
            int length = (int)Math.Min(random.Next(10) == 0 ? random.Next(4000) : 1, Total - log.End);
            log.Append(Content(log.End, length));
        }
        log.Complete();
        foreach (Task<long> reader in readers) Assert.Equal(Total, await reader);
    }

    [Fact]
    public async Task A_reader_that_falls_behind_sees_gaps_but_never_wrong_bytes()
    {
        const int Total = 20_000_000;
        using SerialLog log = new(capacity: 300);
        Task<(long Wrong, long End)> reader = Task.Run(() =>
        {
            long position = 0, wrong = 0;
            byte[] buffer = new byte[5000];
            while (log.WaitForMore(position, s_long, default))
            {
                int count = log.Read(ref position, buffer);
                for (int i = 0; i < count; i++)
                    if (buffer[i] != At(position - count + i)) wrong++;
            }
            return (wrong, position);
        });
        byte[] content = Content(0, Total);
        for (int at = 0; at < Total; at += 10_000) log.Append(content.AsSpan(at, 10_000));   // each overtakes whoever reads
        log.Complete();
        Assert.Equal((0, Total), await reader);
    }
}
