using System.Diagnostics;
using System.Text.RegularExpressions;

namespace PSToyVmm.Engine.Consoles;

/// <summary>Waits for text on a console, as expect(1) does: from a position, with a time limit, over reads that may split it anywhere.</summary>
/// <remarks>
/// The pattern runs on UTF-8 text whose line ends are <c>\n</c>: a console's <c>\r\n</c> counts as one newline, so
/// <c>(?m)^ok$</c> finds a line. <c>$</c> without <c>(?m)</c> is the end of what has come so far, so <c>'login: $'</c>
/// finds a prompt that waits. A match is found up to <see cref="Window"/> characters long. Positions are exact in bytes.
/// </remarks>
public static class SerialExpect
{
    /// <summary>How many characters of what went before are searched again when more comes.</summary>
    public const int Window = 256 << 10;

    /// <summary>How long a pattern without a limit of its own may search one window, before it counts as hopeless.</summary>
    public static TimeSpan SearchLimit { get; } = TimeSpan.FromSeconds(10);

    // Text comes byte by byte: some of it is waited for before the next look.
    static readonly TimeSpan s_gathering = TimeSpan.FromMilliseconds(5);

    /// <summary>A pattern that matches <paramref name="text"/> itself, whichever line ends it has.</summary>
    public static Regex Literal(string text) =>
        new(Regex.Escape(text.Replace("\r\n", "\n", StringComparison.Ordinal)), RegexOptions.CultureInvariant);

    /// <summary>
    /// Waits until <paramref name="pattern"/> matches somewhere from <paramref name="from"/> on. A timeout of zero looks
    /// once; an infinite one waits until the machine is off.
    /// </summary>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was cancelled.</exception>
    /// <exception cref="VmException">SerialPatternInvalid: the pattern backtracks without end.</exception>
    public static ExpectOutcome Wait(SerialLog log, Regex pattern, long from, TimeSpan timeout, CancellationToken stop, out SerialMatch? match) =>
        Wait(log, [pattern], from, timeout, stop, out match);

    /// <summary>The same for the first match of any of several patterns: the one that stands first, and of those the one named first.</summary>
    /// <inheritdoc cref="Wait(SerialLog, Regex, long, TimeSpan, CancellationToken, out SerialMatch?)"/>
    public static ExpectOutcome Wait(SerialLog log, IEnumerable<Regex> patterns, long from, TimeSpan timeout, CancellationToken stop, out SerialMatch? match)
    {
        long started = Stopwatch.GetTimestamp();
        Regex[] limited = [.. patterns.Select(WithLimit)];
        ConsoleText text = new(from, Window);
        long position = from;
        while (true)
        {
            stop.ThrowIfCancellationRequested();
            bool completed = log.IsCompleted;                          // before looking: what was written by then is seen
            long looking = Stopwatch.GetTimestamp();
            match = Look(log, text, limited, ref position, started);
            if (match is not null) return ExpectOutcome.Matched;
            if (completed) return ExpectOutcome.Ended;
            if (TimeLeft(timeout, started) <= TimeSpan.Zero) return ExpectOutcome.TimedOut;
            TimeSpan looked = Stopwatch.GetElapsedTime(looking);
            if (log.WaitForMore(position, TimeLeft(timeout, started), stop))
                Gather(looked, TimeLeft(timeout, started), stop);
        }
    }

    /// <summary>Searches all that is new, a window at a time, for a scrollback may hold many.</summary>
    static SerialMatch? Look(SerialLog log, ConsoleText text, Regex[] patterns, ref long position, long started)
    {
        Span<byte> buffer = stackalloc byte[4 << 10];
        long end = log.End;                                            // a guest that never pauses cannot keep us here
        do
        {
            long windowEnd = Math.Min(end, position + Window);
            while (position < windowEnd && log.Read(ref position, buffer) is > 0 and var count)
                text.Add(position - count, buffer[..count]);
            if (Search(text, patterns, started) is { } match) return match;
        }
        while (position < end);
        return null;
    }

    /// <summary>Lets more text come before it is looked at, so that looking takes half of the time at most.</summary>
    static void Gather(TimeSpan looked, TimeSpan left, CancellationToken stop)
    {
        long pause = Math.Min(Math.Max(looked.Ticks, s_gathering.Ticks), left.Ticks);
        if (pause > 0) stop.WaitHandle.WaitOne(new TimeSpan(pause));
    }

    static SerialMatch? Search(ConsoleText text, Regex[] patterns, long started)
    {
        SerialMatch? first = null;
        for (int i = 0; i < patterns.Length; i++)
            if (Search(text, patterns[i], started) is { } match && (first is null || match.Start < first.Start))
                first = match with { Pattern = i };
        return first;
    }

    static SerialMatch? Search(ConsoleText text, Regex pattern, long started)
    {
        try
        {
            if (!pattern.IsMatch(text.Judged)) return null;            // makes no string of the window
            string judged = text.Judged.ToString();
            Match found = pattern.Match(judged);
            Dictionary<string, string> groups = found.Groups.Values.ToDictionary(group => group.Name, group => group.Value);
            return new(found.Value, groups, judged[..found.Index], text.PositionOf(found.Index),
                text.PositionOf(found.Index + found.Length), Stopwatch.GetElapsedTime(started));
        }
        catch (RegexMatchTimeoutException e)
        {
            throw new VmException(VmErrorId.SerialPatternInvalid, VmErrorKind.InvalidArgument,
                $"the pattern '{pattern}' took more than {e.MatchTimeout.TotalSeconds} s to search the console's text; "
                + "it backtracks too much: avoid nested repetition such as (a+)+, or use RegexOptions.NonBacktracking", e);
        }
    }

    static Regex WithLimit(Regex pattern) => pattern.MatchTimeout != Regex.InfiniteMatchTimeout
        ? pattern
        : new Regex(pattern.ToString(), pattern.Options & ~RegexOptions.Compiled, SearchLimit);

    static TimeSpan TimeLeft(TimeSpan timeout, long started) =>
        timeout == Timeout.InfiniteTimeSpan ? TimeSpan.FromDays(1) : timeout - Stopwatch.GetElapsedTime(started);
}
