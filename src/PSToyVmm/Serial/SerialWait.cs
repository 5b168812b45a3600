using System.Globalization;
using System.Text.RegularExpressions;
using PSToyVmm.Engine;
using PSToyVmm.Engine.Consoles;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>A wait for the first of some patterns on machines' consoles, with one time limit for all, and the errors that users get of it.</summary>
sealed class SerialWait
{
    const int ShownLines = 5;
    static readonly TimeSpan s_longestMatch = TimeSpan.FromSeconds(10);

    readonly Regex[] _patterns;
    readonly string _wanted;

    /// <summary>Compiles the patterns.</summary>
    /// <param name="patterns">Regular expressions, or texts.</param>
    /// <param name="isText">They are the text itself.</param>
    /// <param name="isCaseSensitive">Capitals matter.</param>
    /// <exception cref="VmException">SerialPatternInvalid.</exception>
    public SerialWait(string[] patterns, bool isText, bool isCaseSensitive)
    {
        _wanted = string.Join(" or ", patterns.Select(pattern => $"'{pattern}'"));
        _patterns = [.. patterns.Select(pattern => Compile(isText ? Regex.Escape(pattern) : pattern, s_longestMatch, isCaseSensitive))];
    }

    /// <summary>Waits at one console, and has the next wait begin behind the match.</summary>
    /// <exception cref="VmException">SerialWaitEnded, SerialWaitTimeout or SerialPatternInvalid.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was cancelled.</exception>
    public SerialMatch WaitFor(VirtualMachine vm, MachineConsole console, long from, Deadline deadline, CancellationToken stop)
    {
        switch (Expect(console, from, deadline, stop, out var match))
        {
            case ExpectOutcome.Matched:
                SerialCursor.Of(console).NextMatch = match!.End;
                return match with { VmName = vm.Name };
            case ExpectOutcome.Ended:
                throw new VmException(VmErrorId.SerialWaitEnded, VmErrorKind.InvalidState,
                    $"'{vm.Name}' is off and did not write {_wanted} ({vm.Status}). {LastLines(console)}");
            default:
                stop.ThrowIfCancellationRequested();
                throw new VmException(VmErrorId.SerialWaitTimeout, VmErrorKind.Timeout,
                    $"'{vm.Name}' did not write {_wanted} within {deadline.Timeout.TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture)} s. {LastLines(console)}");
        }
    }

    ExpectOutcome Expect(MachineConsole console, long from, Deadline deadline, CancellationToken stop, out SerialMatch? match)
    {
        try
        {
            return SerialExpect.Wait(console.Log, _patterns, from, deadline.Remaining, stop, out match);
        }
        catch (RegexMatchTimeoutException e)
        {
            throw new VmException(VmErrorId.SerialPatternInvalid, VmErrorKind.InvalidArgument,
                $"{_wanted} takes too long on this text; write it with less backtracking.", e);
        }
    }

    /// <summary>A pattern for consoles' text, as users write it.</summary>
    /// <exception cref="VmException">SerialPatternInvalid.</exception>
    public static Regex Compile(string pattern, TimeSpan longestMatch, bool isCaseSensitive = false)
    {
        try
        {
            return new(pattern, RegexOptions.CultureInvariant | RegexOptions.Multiline | (isCaseSensitive ? 0 : RegexOptions.IgnoreCase), longestMatch);
        }
        catch (RegexParseException e)
        {
            throw new VmException(VmErrorId.SerialPatternInvalid, VmErrorKind.InvalidArgument, $"{e.Message} Correct the pattern; Wait-ToyVmSerial -SimpleMatch waits for the text itself.", e);
        }
    }

    static string LastLines(MachineConsole console)
    {
        string[] lines = SerialCursor.LastLines(console.Log, ShownLines);
        return lines.Length == 0 ? $"Its console {console.Port} is empty." : $"Its last lines:{string.Concat(lines.Select(line => "\n    " + line))}";
    }
}
