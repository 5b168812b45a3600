using System.Management.Automation;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>Asks machines to shut down and turns off those that do not; or turns them off at once.</summary>
[Cmdlet(VerbsLifecycle.Stop, "ToyVm", SupportsShouldProcess = true, DefaultParameterSetName = NameSet)]
[OutputType(typeof(VirtualMachine), typeof(Job))]
public sealed class StopToyVmCommand : VmShutdownCmdlet
{
    /// <summary>Pull the plug instead of asking the guest.</summary>
    [Parameter]
    public SwitchParameter TurnOff { get; set; }

    /// <inheritdoc/>
    protected override bool Wants(VirtualMachine vm) => ShouldProcess(vm?.Name, TurnOff ? "Turn off virtual machine" : "Shut down virtual machine");

    /// <inheritdoc/>
    protected override void ProcessMachine(VirtualMachine vm)
    {
        ArgumentNullException.ThrowIfNull(vm);
        if (IsOff(vm))
        {
            WriteWarning($"'{vm.Name}' is already off.");
            Done(vm);
        }
        else if (!Wants(vm))
            return;
        else if (TurnOff)
        {
            vm.TurnOff();
            Done(vm);
        }
        else
            Ask(vm);
    }

    /// <inheritdoc/>
    protected override ShutdownOutcome Request(VirtualMachine vm, TimeSpan timeout, CancellationToken cancel) => vm.TryShutDown(timeout, cancel);

    /// <inheritdoc/>
    protected override void EndUnheard(VirtualMachine vm) => vm.TurnOff();

    /// <inheritdoc/>
    protected override string EndedUnheard => "turned off";
}
