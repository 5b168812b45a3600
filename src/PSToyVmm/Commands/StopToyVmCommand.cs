using System.Globalization;
using System.Management.Automation;
using PSToyVmm.Engine;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>Asks machines to shut down and turns off those that do not; or turns them off at once.</summary>
[Cmdlet(VerbsLifecycle.Stop, "ToyVm", SupportsShouldProcess = true, DefaultParameterSetName = NameSet)]
[OutputType(typeof(VirtualMachine))]
public sealed class StopToyVmCommand : VmTargetCmdlet
{
    readonly List<(VirtualMachine Machine, Task<ShutdownOutcome> ShutDown)> _asked = [];

    /// <summary>How long a guest may take to shut down (seconds or a TimeSpan) before it is turned off.</summary>
    [Parameter]
    [TimeoutArgument]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Pull the plug instead of asking the guest.</summary>
    [Parameter]
    public SwitchParameter TurnOff { get; set; }

    /// <summary>Emit the machine once it is off.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessMachine(VirtualMachine vm)
    {
        ArgumentNullException.ThrowIfNull(vm);
        if (IsOff(vm))
        {
            WriteWarning($"'{vm.Name}' is already off.");
            Done(vm);
        }
        else if (!ShouldProcess(vm.Name, TurnOff ? "Turn off virtual machine" : "Shut down virtual machine"))
            return;
        else if (TurnOff)
        {
            vm.TurnOff();
            Done(vm);
        }
        else
            _asked.Add((vm, Ask(vm)));
    }

    /// <summary>All were asked first, so that ten guests take as long as the slowest of them.</summary>
    protected override void EndProcessing()
    {
        foreach (var (vm, shutDown) in _asked)
        {
            ForOne(vm, () =>
            {
                var outcome = shutDown.GetAwaiter().GetResult();
                WriteVerbose($"'{vm.Name}', asked to shut down: {outcome}");
                if (outcome is ShutdownOutcome.NotHeard or ShutdownOutcome.Unanswered)
                {
                    vm.TurnOff();
                    string seconds = Timeout.TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture);
                    WriteWarning(outcome == ShutdownOutcome.Unanswered
                        ? $"'{vm.Name}' did not shut down within {seconds} s of being asked; it was turned off."
                        : $"'{vm.Name}' was turned off: nobody in the guest listens to ACPI or the keyboard.");
                }
                Done(vm);
            });
        }
    }

    Task<ShutdownOutcome> Ask(VirtualMachine vm) => Task.Factory.StartNew(() =>
    {
        try
        {
            return vm.TryShutDown(new Deadline(Timeout).Remaining, StopToken);
        }
        catch (VmException e) when (e.Id == VmErrorId.VmNotRunning)
        {
            return ShutdownOutcome.Acpi;    // it ended by itself meanwhile
        }
    }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    void Done(VirtualMachine vm)
    {
        WarnOfTrouble(vm);
        if (PassThru)
            WriteObject(vm);
    }
}
