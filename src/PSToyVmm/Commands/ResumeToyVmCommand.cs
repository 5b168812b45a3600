using System.Management.Automation;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>Lets paused machines go on where they were held.</summary>
[Cmdlet(VerbsLifecycle.Resume, "ToyVm", SupportsShouldProcess = true, DefaultParameterSetName = NameSet)]
[OutputType(typeof(VirtualMachine), typeof(Job))]
public sealed class ResumeToyVmCommand() : VmPauseCmdlet(MachineState.Running, "running", "Resume virtual machine")
{
    /// <inheritdoc/>
    protected override void Change(VirtualMachine vm) => vm?.Resume(StopToken);
}
