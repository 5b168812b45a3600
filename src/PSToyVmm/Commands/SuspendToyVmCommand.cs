using System.Management.Automation;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>Holds machines between two instructions; returns once every vCPU is held.</summary>
[Cmdlet(VerbsLifecycle.Suspend, "ToyVm", SupportsShouldProcess = true, DefaultParameterSetName = NameSet)]
[OutputType(typeof(VirtualMachine), typeof(Job))]
public sealed class SuspendToyVmCommand : VmTargetCmdlet, IVmJobCmdlet
{
    /// <summary>Emit the machine.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>Do it in a background job, and emit the job.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    /// <inheritdoc/>
    protected override bool Wants(VirtualMachine vm) => ShouldProcess(vm?.Name, "Pause virtual machine");

    /// <inheritdoc/>
    protected override void ProcessMachine(VirtualMachine vm)
    {
        ArgumentNullException.ThrowIfNull(vm);
        if (vm.State == MachineState.Paused)
            WriteWarning($"'{vm.Name}' is already paused.");
        else if (Wants(vm))
            vm.Suspend(StopToken);
        else
            return;
        if (PassThru)
            WriteObject(vm);
    }
}
