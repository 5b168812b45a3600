using System.Collections.Concurrent;
using System.Text;
using PSToyVmm.Engine.Consoles;
using Xunit;

namespace PSToyVmm.Tests.Unit.Consoles;

public sealed class ConsoleWatchTests : IDisposable
{
    static readonly TimeSpan s_soon = TimeSpan.FromSeconds(30);

    readonly MachineConsole _console = new("ttyS0");
    readonly BlockingCollection<ConsoleLine> _told = [];

    public ConsoleWatchTests() => _console.Log.Reopen();

    public void Dispose()
    {
        _console.Dispose();
        _told.Dispose();
    }

    ConsoleWatch Watch() => new(_console, "watch", (line, stop) => _told.Add(line, stop));

    void Write(string text) => _console.Log.Append(Encoding.UTF8.GetBytes(text));

    ConsoleLine Next() => _told.TryTake(out ConsoleLine? line, s_soon) ? line : throw new TimeoutException("no line came");

    static bool Until(Func<bool> condition) => SpinWait.SpinUntil(condition, s_soon);

    [Fact]
    public void Lines_are_told_with_their_places_from_now_on()
    {
        Write("before\nhalf ");
        using ConsoleWatch watch = Watch();
        Write("line\r\n\nthird\n");
        Assert.Equal([new("line", 12, true, 0), new("", 18, true, 0), new("third", 19, true, 0)], [Next(), Next(), Next()]);
    }

    [Fact]
    public void A_prompt_is_told_and_told_again_with_its_end()
    {
        using ConsoleWatch watch = Watch();
        Write("login: ");
        Assert.Equal(new("login: ", 0, false, 0), Next());
        Write("root\n");
        Assert.Equal(new("login: root", 0, true, 0), Next());
    }

    [Fact]
    public void The_end_of_a_run_ends_its_last_line_and_the_next_run_is_followed_too()
    {
        using ConsoleWatch watch = Watch();
        Write("halted");
        _console.Log.Complete();
        ConsoleLine last = Next();
        if (!last.IsComplete) last = Next(); // it came so late that it looked like a prompt
        Assert.Equal(new("halted", 0, true, 0), last);
        _console.Log.Reopen();
        Write("again\n");
        Assert.Equal(new("again", 6, true, 0), Next());
    }

    [Fact]
    public void A_line_without_end_is_several()
    {
        using ConsoleWatch watch = Watch();
        Write(new string('x', (2 * MachineLog.LongestLine) + 5) + "\n");
        Assert.Equal([(MachineLog.LongestLine, 0L), (MachineLog.LongestLine, MachineLog.LongestLine), (5, 2 * MachineLog.LongestLine)],
            new[] { Next(), Next(), Next() }.Select(line => (line.Text.Length, line.Offset)));
    }

    [Fact]
    public void What_leaves_the_scrollback_unread_is_counted_and_nothing_else_is_lost()
    {
        using ManualResetEventSlim release = new();
        ConcurrentQueue<ConsoleLine> lines = [];
        using ConsoleWatch watch = new(_console, "watch", (line, stop) =>
        {
            lines.Enqueue(line);
            release.Wait(stop);
        });
        Write("0\n");
        Assert.True(Until(() => !lines.IsEmpty));
        byte[] block = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("1234567\n", 1000)));
        for (int written = 0; written < SerialLog.DefaultCapacity + 80_000; written += block.Length) _console.Log.Append(block);
        Write("last\n");
        release.Set();
        Assert.True(Until(() => lines.LastOrDefault()?.Text == "last"));
        long told = lines.Sum(line => (long)line.Text.Length + 1);
        Assert.InRange(lines.Sum(line => line.LostBytes), 1, long.MaxValue);
        Assert.InRange(_console.Log.End - told - lines.Sum(line => line.LostBytes), -1, 1); // a line cut by the gap has a newline more
    }

    [Fact]
    public void Its_thread_ends_when_it_is_disposed_of_also_by_the_listener_and_when_the_console_is_closed()
    {
        ConcurrentBag<Thread> threads = [];
        ConsoleWatch? own = null;
        own = new(_console, "own", (_, _) => { threads.Add(Thread.CurrentThread); own!.Dispose(); });
        using ConsoleWatch failing = new(_console, "failing", (_, _) => { threads.Add(Thread.CurrentThread); throw new InvalidOperationException(); });
        ConsoleWatch other = new(_console, "other", (_, _) => threads.Add(Thread.CurrentThread)), left = new(_console, "left", (_, _) => threads.Add(Thread.CurrentThread));
        Write("x\n");
        Assert.True(Until(() => threads.Count == 4));
        other.Dispose();
        other.Dispose();
        Assert.True(Until(() => threads.Count(thread => thread.IsAlive) == 1));
        _console.Log.Complete();
        Assert.False(Until200(() => !threads.Any(thread => thread.IsAlive)));
        _console.Dispose();
        Assert.True(Until(() => !threads.Any(thread => thread.IsAlive)));
        left.Dispose();
    }

    static bool Until200(Func<bool> condition) => SpinWait.SpinUntil(condition, 200);
}
