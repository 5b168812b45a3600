using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;

namespace PSToyVmm.Engine.Consoles;

/// <summary>
/// A POSIX shell that waits at its prompt on a guest's console, and runs commands that nobody types. It needs nothing
/// but <c>read</c>, <c>printf</c> and <c>eval</c>. One short line is typed at the prompt and says that it is ready; where
/// nobody does, there is no shell. It reads the rest, with echo switched off, so that no line editor, completion or
/// history has a part in it, and answers each line by a <c>+</c>: what does not fit into a terminal's buffer is lost.
/// What then comes between two marks is the output; behind the second one stands the exit status.
/// </summary>
/// <param name="log">What the guest writes.</param>
/// <param name="input">What it is sent.</param>
public sealed class GuestShell(SerialLog log, SerialInput input)
{
    // A line may have 4095 bytes (termios(3)), a terminal's buffer holds the next few.
    const int LineBytes = 1000, LinesAhead = 8;

    static readonly TimeSpan s_forEver = TimeSpan.FromDays(1), s_lookingUp = TimeSpan.FromMilliseconds(100);

    readonly object _turn = new();

    /// <summary>How long the shell may take to answer.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How far the console was read: behind the last command's end.</summary>
    public long Position { get; private set; }

    /// <summary>Runs a command, with nothing at its standard input, and waits for its end.</summary>
    /// <param name="command">One line or many, in the language of the shell.</param>
    /// <param name="arguments">What it finds as <c>$1</c>, <c>$2</c> and so on, exactly: no quoting is needed.</param>
    /// <param name="timeout">How long it may take from its beginning; then it is interrupted (Ctrl+C).</param>
    /// <param name="stop">Interrupts it.</param>
    /// <exception cref="VmException">GuestShellNotReady, GuestCommandTimeout, GuestCommandEnded (the machine went off), GuestCommandInvalid.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was cancelled.</exception>
    public ShellResult Run(string command, IEnumerable<string> arguments, TimeSpan timeout, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(command);
        ArgumentNullException.ThrowIfNull(arguments);
        string mark = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        string program = ShellScript.Of(command, arguments, mark); // says what is wrong with them before anything is typed
        while (!Monitor.TryEnter(_turn, s_lookingUp)) stop.ThrowIfCancellationRequested(); // one command at a time
        try
        {
            return Run(program, mark, timeout, stop);
        }
        finally
        {
            Monitor.Exit(_turn);
        }
    }

    ShellResult Run(string program, string mark, TimeSpan timeout, CancellationToken stop)
    {
        ConsoleLines lines = new(log, log.End);
        TimeSpan patience = timeout != Timeout.InfiniteTimeSpan && timeout < Patience ? timeout : Patience;
        try
        {
            // A blank at its beginning keeps it out of a history that was told so. The marks are in two parts, for it is echoed.
            Type($" (stty -echo 2>/dev/null;printf '\\n%s-%s\\n' {mark} ready;_p=;while IFS= read -r _l&&[ \"$_l\" != {mark} ];do _p=\"$_p$_l\";printf +;done;eval \"$_p\");stty echo 2>/dev/null\r");
            Await(lines, line => line == $"{mark}-ready", patience, stop);
            Send(lines, program, stop);
            Type($"{mark}\r");
            Await(lines, line => line.EndsWith($"{mark}-begin", StringComparison.Ordinal), patience, stop);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            Type($"{mark}\r"); // whoever reads that line later is not to wait for more
            if (e is OperationCanceledException) throw;
            throw new VmException(VmErrorId.GuestShellNotReady, VmErrorKind.InvalidState,
                $"No shell answered on the console within {patience.TotalSeconds:0.#} s; log in there first and wait for the prompt.", e);
        }
        return Collect(lines, mark, timeout, stop);
    }

    ShellResult Collect(ConsoleLines lines, string mark, TimeSpan timeout, CancellationToken stop)
    {
        long begun = Stopwatch.GetTimestamp(), lostBefore = lines.LostBytes;
        List<string> output = [];
        string end = $"{mark}-end ", last;
        try
        {
            last = Await(lines, line =>
            {
                bool isEnd = line.StartsWith(end, StringComparison.Ordinal);
                if (!isEnd) output.Add(line);
                return isEnd;
            }, timeout, stop);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            Type("\u0003 stty echo 2>/dev/null\r"); // its parentheses end with it, and what comes after them too
            if (e is OperationCanceledException) throw;
            throw new VmException(VmErrorId.GuestCommandTimeout, VmErrorKind.Timeout,
                $"The command took longer than {timeout.TotalSeconds:0.#} s and was interrupted. {Shown(output)}", e);
        }
        finally
        {
            Position = lines.Position;
        }
        if (output is [.., ""]) output.RemoveAt(output.Count - 1); // the mark's own line end
        int exitCode = int.TryParse(last.AsSpan(end.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int code) ? code : -1;
        return new(output, exitCode, Stopwatch.GetElapsedTime(begun), lines.LostBytes - lostBefore);
    }

    void Send(ConsoleLines lines, string program, CancellationToken stop)
    {
        int sent = 0, taken = 0;
        foreach (byte[] piece in ShellScript.Cut(program, LineBytes))
        {
            if (sent - taken >= LinesAhead)
                Await(lines, _ => false, Patience, stop, () => (taken = lines.Unfinished.Count((byte)'+')) > sent - LinesAhead);
            input.Enqueue([.. piece, (byte)'\r']);
            sent++;
        }
    }

    // Reads lines until one is the wanted one, or something else is true of what was read.
    string Await(ConsoleLines lines, Func<string, bool> isWanted, TimeSpan timeout, CancellationToken stop, Func<bool>? isEnough = null)
    {
        long started = Stopwatch.GetTimestamp();
        while (true)
        {
            bool completed = log.IsCompleted; // asked first: what is read after it is the rest
            while (lines.TryRead(out string line))
                if (isWanted(line))
                    return line;
            if (isEnough is not null && isEnough()) return "";
            if (completed) throw new VmException(VmErrorId.GuestCommandEnded, VmErrorKind.InvalidState, "The machine went off before the command ended.");
            TimeSpan left = timeout == Timeout.InfiniteTimeSpan ? s_forEver : timeout - Stopwatch.GetElapsedTime(started);
            if (left <= TimeSpan.Zero) throw new TimeoutException();
            lines.Wait(left, stop);
        }
    }

    void Type(string text) => input.Enqueue(System.Text.Encoding.UTF8.GetBytes(text));

    static string Shown(List<string> output) => output.Count == 0 ? "It had written nothing." : $"Its last line: {output[^1]}";
}
