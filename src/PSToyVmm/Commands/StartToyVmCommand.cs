using System.Management.Automation;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>Loads the kernel and lets the machine run; returns once its vCPUs do.</summary>
[Cmdlet(VerbsLifecycle.Start, "ToyVm", SupportsShouldProcess = true, DefaultParameterSetName = NameSet)]
[OutputType(typeof(VirtualMachine), typeof(Job))]
public sealed class StartToyVmCommand : VmTargetCmdlet, IVmJobCmdlet
{
    readonly List<(VirtualMachine Machine, long From)> _started = [];
    SerialWait? _wait;

    /// <summary>Regular expressions: returns only once the guest has written something to its serial console that one of them matches.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] WaitFor { get; set; } = [];

    /// <summary>How long to wait for that (seconds or a TimeSpan), for all machines together.</summary>
    [Parameter]
    [TimeoutArgument]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Emit the machine.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>Do it in a background job, and emit the job.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        if (WaitFor.Length > 0)
            _wait = OrEnd(WaitFor, () => new SerialWait(WaitFor, isText: false, isCaseSensitive: false));
    }

    /// <inheritdoc/>
    protected override bool Wants(VirtualMachine vm) => ShouldProcess(vm?.Name, "Start virtual machine");

    /// <inheritdoc/>
    protected override void ProcessMachine(VirtualMachine vm)
    {
        ArgumentNullException.ThrowIfNull(vm);
        if (!Wants(vm))
            return;
        long[] before = [.. vm.Consoles.Select(console => console.Log.End)];
        vm.Start();
        foreach (var (console, end) in vm.Consoles.Zip(before))
            SerialCursor.Of(console).NextMatch = end;    // an old run's prompt is not this run's
        if (_wait is not null)
            _started.Add((vm, before[0]));
        else if (PassThru)
            WriteObject(vm);
    }

    /// <summary>Waits once all have been started.</summary>
    protected override void EndProcessing()
    {
        var deadline = new Deadline(Timeout);
        foreach (var (vm, from) in _started)
            ForOne(vm, () =>
            {
                Waiting(vm, () => _wait!.WaitFor(vm, vm.Consoles[0], from, deadline, StopToken));
                if (PassThru)
                    WriteObject(vm);
            });
        base.EndProcessing();
    }
}
