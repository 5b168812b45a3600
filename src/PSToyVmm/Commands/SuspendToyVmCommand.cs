using System.Management.Automation;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>Holds machines between two instructions; returns once every vCPU is held.</summary>
[Cmdlet(VerbsLifecycle.Suspend, "ToyVm", SupportsShouldProcess = true, DefaultParameterSetName = NameSet)]
[OutputType(typeof(VirtualMachine))]
public sealed class SuspendToyVmCommand : VmTargetCmdlet
{
    /// <summary>Emit the machine.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessMachine(VirtualMachine vm)
    {
        ArgumentNullException.ThrowIfNull(vm);
        if (vm.State == MachineState.Paused)
            WriteWarning($"'{vm.Name}' is already paused.");
        else if (ShouldProcess(vm.Name, "Pause virtual machine"))
            vm.Suspend();
        else
            return;
        if (PassThru)
            WriteObject(vm);
    }
}
