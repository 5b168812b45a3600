using System.Management.Automation;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>Holds machines between two instructions; returns once every vCPU is held.</summary>
[Cmdlet(VerbsLifecycle.Suspend, "ToyVm", SupportsShouldProcess = true, DefaultParameterSetName = NameSet)]
[OutputType(typeof(VirtualMachine), typeof(Job))]
public sealed class SuspendToyVmCommand() : VmPauseCmdlet(MachineState.Paused, "paused", "Pause virtual machine")
{
    /// <inheritdoc/>
    protected override void Change(VirtualMachine vm) => vm?.Suspend(StopToken);
}
