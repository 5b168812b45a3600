using System.Globalization;
using System.Management.Automation;
using System.Text.RegularExpressions;
using PSToyVmm.Engine;
using PSToyVmm.Engine.Consoles;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>
/// Waits until the machines have written a text to their serial or virtio consoles, and emits each match. A wait begins where the
/// last match ended, so that a script reads like a dialogue; what Receive-ToyVmSerial has read makes no difference.
/// </summary>
[Cmdlet(VerbsLifecycle.Wait, "ToyVmSerial", DefaultParameterSetName = NameSet)]
[OutputType(typeof(SerialMatch), typeof(VirtualMachine))]
public sealed class WaitToyVmSerialCommand : VmConsoleCmdlet
{
    const int ShownLines = 5;
    static readonly TimeSpan s_longestMatch = TimeSpan.FromSeconds(10);

    readonly List<(VirtualMachine Machine, long From)> _machines = [];
    Regex _pattern = null!;

    /// <summary>A regular expression, as -match takes it; ^ and $ also match at line ends.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    public string Pattern { get; set; } = "";

    /// <summary>The pattern is the text itself.</summary>
    [Parameter]
    public SwitchParameter SimpleMatch { get; set; }

    /// <summary>Capitals matter.</summary>
    [Parameter]
    public SwitchParameter CaseSensitive { get; set; }

    /// <summary>How long to wait at most (seconds or a TimeSpan), for all machines together.</summary>
    [Parameter]
    [TimeoutArgument]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Look at the whole scrollback, not only at what came after the last match.</summary>
    [Parameter]
    public SwitchParameter FromStart { get; set; }

    /// <summary>Look only at what comes from now on.</summary>
    [Parameter]
    public SwitchParameter FromNow { get; set; }

    /// <summary>Emit the machine in place of the match.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        if (FromStart && FromNow)
            Refuse("FromStartAndFromNow", "-FromStart and -FromNow exclude each other.");
        var options = RegexOptions.CultureInvariant | RegexOptions.Multiline | (CaseSensitive ? 0 : RegexOptions.IgnoreCase);
        try
        {
            _pattern = new Regex(SimpleMatch ? Regex.Escape(Pattern) : Pattern, options, s_longestMatch);
        }
        catch (RegexParseException e)
        {
            Refuse(VmErrorId.SerialPatternInvalid, $"{e.Message} Use -SimpleMatch to wait for the text itself.", Pattern);
        }
    }

    /// <inheritdoc/>
    protected override void ProcessMachine(VirtualMachine vm)
    {
        ArgumentNullException.ThrowIfNull(vm);
        var console = ConsoleOf(vm);
        _machines.Add((vm, FromStart ? console.Log.Start : FromNow ? console.Log.End : SerialCursor.Of(console).NextMatch));
    }

    /// <summary>Waits only once all have come down the pipeline, so that waiting for one does not keep the next from being started.</summary>
    protected override void EndProcessing()
    {
        var deadline = new Deadline(Timeout);
        foreach (var (vm, from) in _machines)
            ForOne(vm, () => WaitFor(vm, from, deadline));
    }

    void WaitFor(VirtualMachine vm, long from, Deadline deadline)
    {
        switch (Expect(vm, from, deadline, out var match))
        {
            case ExpectOutcome.Matched:
                SerialCursor.Of(ConsoleOf(vm)).NextMatch = match!.End;
                WriteObject(PassThru ? vm : match with { VmName = vm.Name });
                break;
            case ExpectOutcome.Ended:
                throw new VmException(VmErrorId.SerialWaitEnded, VmErrorKind.InvalidState,
                    $"'{vm.Name}' is off and did not write '{Pattern}' ({vm.Status}). {LastLines(vm)}");
            default:
                StopToken.ThrowIfCancellationRequested();
                string seconds = Timeout.TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture);
                throw new VmException(VmErrorId.SerialWaitTimeout, VmErrorKind.Timeout,
                    $"'{vm.Name}' did not write '{Pattern}' within {seconds} s. {LastLines(vm)}");
        }
    }

    ExpectOutcome Expect(VirtualMachine vm, long from, Deadline deadline, out SerialMatch? match)
    {
        try
        {
            return SerialExpect.Wait(ConsoleOf(vm).Log, _pattern, from, deadline.Remaining, StopToken, out match);
        }
        catch (RegexMatchTimeoutException e)
        {
            throw new VmException(VmErrorId.SerialPatternInvalid, VmErrorKind.InvalidArgument,
                $"'{Pattern}' takes too long on this text; write it with less backtracking.", e);
        }
    }

    string LastLines(VirtualMachine vm)
    {
        string[] lines = SerialCursor.LastLines(ConsoleOf(vm).Log, ShownLines);
        return lines.Length == 0 ? $"Its console {Port} is empty." : $"Its last lines:{string.Concat(lines.Select(line => "\n    " + line))}";
    }
}
