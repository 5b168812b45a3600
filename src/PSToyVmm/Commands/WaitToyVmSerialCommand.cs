using System.Management.Automation;
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
    readonly List<(VirtualMachine Machine, long From)> _machines = [];
    SerialWait _wait = null!;

    /// <summary>Regular expressions, as -match takes them; ^ and $ also match at line ends. The first match of any of them counts.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    public string[] Pattern { get; set; } = [];

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
        foreach (string pattern in Pattern) // one by one, for an error about that one
            _ = OrEnd(pattern, () => new SerialWait([pattern], SimpleMatch, CaseSensitive));
        _wait = new(Pattern, SimpleMatch, CaseSensitive);
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
            ForOne(vm, () =>
            {
                var match = Waiting(vm, () => _wait.WaitFor(vm, ConsoleOf(vm), from, deadline, StopToken));
                WriteObject(PassThru ? vm : match);
            });
    }
}
