using System.Management.Automation;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>Lets paused machines go on where they were held.</summary>
[Cmdlet(VerbsLifecycle.Resume, "ToyVm", SupportsShouldProcess = true, DefaultParameterSetName = NameSet)]
[OutputType(typeof(VirtualMachine), typeof(Job))]
public sealed class ResumeToyVmCommand : VmTargetCmdlet, IVmJobCmdlet
{
    /// <summary>Emit the machine.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>Do it in a background job, and emit the job.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    /// <inheritdoc/>
    protected override bool Wants(VirtualMachine vm) => ShouldProcess(vm?.Name, "Resume virtual machine");

    /// <inheritdoc/>
    protected override void ProcessMachine(VirtualMachine vm)
    {
        ArgumentNullException.ThrowIfNull(vm);
        if (vm.State == MachineState.Running)
            WriteWarning($"'{vm.Name}' is already running.");
        else if (Wants(vm))
            vm.Resume(StopToken);
        else
            return;
        if (PassThru)
            WriteObject(vm);
    }
}
