using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using PSToyVmm.Engine;
using PSToyVmm.Engine.Consoles;
using Xunit;

namespace PSToyVmm.Tests.Unit.Consoles;

public sealed class SerialExpectTests : IDisposable
{
    static readonly TimeSpan s_long = TimeSpan.FromSeconds(30);

    readonly SerialLog _log = new();

    public void Dispose() => _log.Dispose();

    void Say(string text) => _log.Append(Encoding.UTF8.GetBytes(text));

    SerialMatch? Look(string pattern, long from = 0)
    {
        ExpectOutcome outcome = SerialExpect.Wait(_log, new Regex(pattern), from, TimeSpan.Zero, default, out SerialMatch? match);
        Assert.Equal(match is null ? ExpectOutcome.TimedOut : ExpectOutcome.Matched, outcome);
        return match;
    }

    [Fact]
    public void What_is_there_is_found_at_once_with_its_place()
    {
        Say("Debian\r\n\r\nweb login: ");
        SerialMatch match = Look(@"(?<host>\w+) login: $")!;
        Assert.Equal("web login: ", match.Value);
        Assert.Equal("web", match.Groups["host"]);
        Assert.Equal("web login: ", match.Groups["0"]);
        Assert.Equal("Debian\n\n", match.Before);
        Assert.Equal((10, 21), (match.Start, match.End));
    }

    [Theory]
    [InlineData("(?m)^ok$", 4, 6)]                                     // the end of a line, not the carriage return
    [InlineData("ok\n", 4, 8)]
    [InlineData("^hé", 0, 3)]
    [InlineData("(?m)^$", 8, 8)]
    public void Lines_end_as_users_write_them_and_places_are_exact(string pattern, long start, long end)
    {
        Say("hé\nok\r\n\r\n> ");
        SerialMatch match = Look(pattern)!;
        Assert.Equal((start, end), (match.Start, match.End));
    }

    [Fact]
    public void Going_on_from_the_end_finds_the_next()
    {
        Say("# a\r\n# b\r\n# ");
        List<long> ends = [];
        for (long from = 0; Look("# ", from) is { } match; from = match.End) ends.Add(match.End);
        Assert.Equal([2, 7, 12], ends);
    }

    [Fact]
    public void Zero_looks_once()
    {
        long started = Stopwatch.GetTimestamp();
        Assert.Null(Look("never"));
        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 0, 5);
        Say("x");
        Assert.Null(Look("never"));
        Assert.NotNull(Look(""));
    }

    [Fact]
    public async Task Text_that_comes_in_pieces_is_found_when_it_is_whole()
    {
        Task<(ExpectOutcome Outcome, SerialMatch? Match)> waiting = Task.Run(() =>
            (SerialExpect.Wait(_log, SerialExpect.Literal("пароль: ✓"), 0, s_long, default, out SerialMatch? match), match));
        foreach (byte value in Encoding.UTF8.GetBytes("говори пароль: ✓"))
        {
            _log.Append([value]);
            Thread.Yield();
        }
        (ExpectOutcome outcome, SerialMatch? match) = await waiting;
        Assert.Equal(ExpectOutcome.Matched, outcome);
        Assert.Equal((13, _log.End), (match!.Start, match.End));
        Assert.Equal("говори ", match.Before);
    }

    [Fact]
    public async Task The_time_ends_a_wait_that_new_text_keeps_waking()
    {
        using CancellationTokenSource quiet = new();
        Task talking = Task.Run(() =>
        {
            while (!quiet.IsCancellationRequested) Say("chatter\r\n");
        });
        long started = Stopwatch.GetTimestamp();
        ExpectOutcome outcome = SerialExpect.Wait(_log, new Regex("silence"), 0, TimeSpan.FromMilliseconds(200), default, out _);
        TimeSpan elapsed = Stopwatch.GetElapsedTime(started);
        await quiet.CancelAsync();
        await talking;
        Assert.Equal(ExpectOutcome.TimedOut, outcome);
        Assert.InRange(elapsed.TotalMilliseconds, 200, 20_000);
    }

    [Fact]
    public async Task A_machine_that_is_off_ends_the_wait_after_its_last_words()
    {
        Task<ExpectOutcome> waiting = Task.Run(() => SerialExpect.Wait(_log, new Regex("never"), 0, Timeout.InfiniteTimeSpan, default, out _));
        Say("Power down");
        _log.Complete();
        Assert.Equal(ExpectOutcome.Ended, await waiting);
        Assert.Equal(ExpectOutcome.Matched, SerialExpect.Wait(_log, new Regex("down$"), 0, s_long, default, out _));
        Assert.Equal(ExpectOutcome.Ended, SerialExpect.Wait(_log, new Regex("never"), 0, TimeSpan.Zero, default, out _));
    }

    [Fact]
    public void Cancelling_throws()
    {
        using CancellationTokenSource stop = new(20);
        Assert.Throws<OperationCanceledException>(() => SerialExpect.Wait(_log, new Regex("never"), 0, Timeout.InfiniteTimeSpan, stop.Token, out _));
        Say("now");
        Assert.Throws<OperationCanceledException>(() => SerialExpect.Wait(_log, new Regex("now"), 0, TimeSpan.Zero, stop.Token, out _));
    }

    [Fact]
    public void A_pattern_that_backtracks_without_end_is_an_error_and_no_hang()
    {
        Say(new string('a', 40) + "!");
        foreach (Regex hopeless in new[] { new Regex("^(a+)+$", RegexOptions.None, TimeSpan.FromMilliseconds(50)), new Regex("^(a+)+$") })
        {
            VmException error = Assert.Throws<VmException>(() => SerialExpect.Wait(_log, hopeless, 0, s_long, default, out _));
            Assert.Equal(VmErrorId.SerialPatternInvalid, error.Id);
            Assert.Contains("^(a+)+$", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_literal_is_no_pattern_and_may_have_any_line_ends()
    {
        Say("[ 0.1] 1+1=2?\r\nyes");
        Assert.NotNull(Look(SerialExpect.Literal("1+1=2?\r\nyes").ToString()));
        Assert.NotNull(Look(SerialExpect.Literal("[ 0.1]").ToString()));
        Assert.Null(Look(SerialExpect.Literal("1.1").ToString()));
    }

    [Fact]
    public void All_of_a_long_scrollback_is_searched_and_places_stay_exact()
    {
        byte[] filler = Encoding.UTF8.GetBytes("é filler\r\n");           // 11 bytes
        Say("needle one\r\n");
        for (int i = 0; i < 200_000; i++) _log.Append(filler);
        long second = _log.End;
        Say("needle two\r\n");
        Assert.Equal((0, 10), (Look("needle one")!.Start, Look("needle one")!.End));
        SerialMatch match = Look("needle two", from: 5)!;
        Assert.Equal((second, second + 10), (match.Start, match.End));
        Assert.EndsWith("é filler\n", match.Before, StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_ring_has_lost_is_skipped()
    {
        using SerialLog small = new(capacity: 20);
        small.Append("lost words, then login: "u8);
        Assert.Equal(ExpectOutcome.Matched, SerialExpect.Wait(small, new Regex("login"), 0, TimeSpan.Zero, default, out SerialMatch? match));
        Assert.Equal((17, 22, " words, then "), (match!.Start, match.End, match.Before));
        Assert.Equal(ExpectOutcome.TimedOut, SerialExpect.Wait(small, new Regex("lost"), 0, TimeSpan.Zero, default, out _));
    }

    [Fact]
    public void Of_several_patterns_the_first_in_the_text_counts()
    {
        using SerialLog log = new();
        log.Append("one two three"u8);
        Regex[] patterns = [new("three"), new("two"), new("tw.")];
        Assert.Equal(ExpectOutcome.Matched, SerialExpect.Wait(log, patterns, 0, TimeSpan.Zero, default, out SerialMatch? match));
        Assert.Equal(("two", 1), (match!.Value, match.Pattern));
        Assert.Equal(ExpectOutcome.Matched, SerialExpect.Wait(log, patterns, match.End, TimeSpan.Zero, default, out match));
        Assert.Equal(("three", 0), (match!.Value, match.Pattern));
        Assert.Equal(ExpectOutcome.TimedOut, SerialExpect.Wait(log, patterns, match.End, TimeSpan.Zero, default, out _));
    }
}
