using System.Management.Automation;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>Lets paused machines go on where they were held.</summary>
[Cmdlet(VerbsLifecycle.Resume, "ToyVm", SupportsShouldProcess = true, DefaultParameterSetName = NameSet)]
[OutputType(typeof(VirtualMachine))]
public sealed class ResumeToyVmCommand : VmTargetCmdlet
{
    /// <summary>Emit the machine.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessMachine(VirtualMachine vm)
    {
        ArgumentNullException.ThrowIfNull(vm);
        if (vm.State == MachineState.Running)
            WriteWarning($"'{vm.Name}' is already running.");
        else if (ShouldProcess(vm.Name, "Resume virtual machine"))
            vm.Resume();
        else
            return;
        if (PassThru)
            WriteObject(vm);
    }
}
