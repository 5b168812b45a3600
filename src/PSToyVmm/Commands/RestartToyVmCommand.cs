using System.Management.Automation;
using PSToyVmm.Engine;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>Asks machines to shut down and starts them again in place; resets those that do not, or all of them at once.</summary>
[Cmdlet(VerbsLifecycle.Restart, "ToyVm", SupportsShouldProcess = true, DefaultParameterSetName = NameSet)]
[OutputType(typeof(VirtualMachine), typeof(Job))]
public sealed class RestartToyVmCommand : VmShutdownCmdlet
{
    /// <summary>Press the reset button instead of asking the guest.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override bool Wants(VirtualMachine vm) => ShouldProcess(vm?.Name, Force ? "Reset virtual machine" : "Restart virtual machine");

    /// <inheritdoc/>
    protected override void ProcessMachine(VirtualMachine vm)
    {
        ArgumentNullException.ThrowIfNull(vm);
        if (IsOff(vm))
            throw new VmException(VmErrorId.VmNotRunning, VmErrorKind.InvalidState, $"'{vm.Name}' is {vm.State}; Start-ToyVm starts it.");
        if (!Wants(vm))
            return;
        if (Force)
        {
            ResetOrStart(vm);
            Done(vm);
        }
        else
            Ask(vm);
    }

    /// <inheritdoc/>
    protected override ShutdownOutcome Request(VirtualMachine vm, TimeSpan timeout, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(vm);
        try
        {
            return vm.TryRestart(timeout, cancel);
        }
        catch (VmException e) when (e.Id == VmErrorId.VmNotRunning && IsOff(vm))
        {
            vm.Start();    // it switched itself off meanwhile
            return ShutdownOutcome.Acpi;
        }
    }

    /// <inheritdoc/>
    protected override void EndUnheard(VirtualMachine vm) => ResetOrStart(vm);

    /// <inheritdoc/>
    protected override string EndedUnheard => "reset";

    static void ResetOrStart(VirtualMachine vm)
    {
        try
        {
            vm.Reset();
        }
        catch (VmException e) when (e.Id == VmErrorId.VmNotRunning && IsOff(vm))
        {
            vm.Start();    // it switched itself off meanwhile
        }
    }
}
