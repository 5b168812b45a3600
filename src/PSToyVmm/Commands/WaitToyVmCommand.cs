using System.Globalization;
using System.Management.Automation;
using PSToyVmm.Engine;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>Waits until all the machines given are in a state; one time limit for all of them together.</summary>
[Cmdlet(VerbsLifecycle.Wait, "ToyVm", DefaultParameterSetName = NameSet)]
[OutputType(typeof(VirtualMachine), typeof(Job))]
public sealed class WaitToyVmCommand : VmTargetCmdlet, IVmJobCmdlet
{
    readonly List<VirtualMachine> _machines = [];

    /// <summary>The state to wait for. Off is also reached by a fault.</summary>
    [Parameter]
    public MachineState State { get; set; } = MachineState.Off;

    /// <summary>How long to wait at most (seconds or a TimeSpan); without it, for ever.</summary>
    [Parameter]
    [TimeoutArgument]
    public TimeSpan Timeout { get; set; } = System.Threading.Timeout.InfiniteTimeSpan;

    /// <summary>Emit each machine that reached the state.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>Wait in a background job, and emit the job.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    /// <inheritdoc/>
    protected override void ProcessMachine(VirtualMachine vm) => _machines.Add(vm);

    /// <summary>Waits only once all have come down the pipeline, so that waiting for one does not keep the next from being started.</summary>
    protected override void EndProcessing()
    {
        var deadline = new Deadline(Timeout);
        foreach (var vm in _machines)
            ForOne(vm, () => WaitFor(vm, deadline));
        base.EndProcessing();
    }

    void WaitFor(VirtualMachine vm, Deadline deadline)
    {
        if (!Waiting(vm, () => vm.WaitFor(State, deadline.Remaining, StopToken)))
        {
            StopToken.ThrowIfCancellationRequested();
            string seconds = Timeout.TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture);
            throw new VmException(VmErrorId.VmWaitTimeout, VmErrorKind.Timeout,
                $"'{vm.Name}' is {vm.State}, not {State}, after {seconds} s: {vm.Status}");
        }
        WarnOfTrouble(vm);
        if (PassThru)
            WriteObject(vm);
    }
}
