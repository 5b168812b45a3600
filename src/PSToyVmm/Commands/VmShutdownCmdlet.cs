using System.Globalization;
using System.Management.Automation;
using PSToyVmm.Engine;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>A cmdlet that asks guests to shut down, and helps those that do not.</summary>
public abstract class VmShutdownCmdlet : VmTargetCmdlet, IVmJobCmdlet
{
    readonly List<(VirtualMachine Machine, Task<ShutdownOutcome> ShutDown)> _asked = [];

    /// <summary>How long a guest may take to shut down (seconds or a TimeSpan).</summary>
    [Parameter]
    [TimeoutArgument]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Emit the machine when it is done.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>Do it in a background job, and emit the job.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    /// <summary>Asks the guest and waits, on a thread of its own.</summary>
    protected abstract ShutdownOutcome Request(VirtualMachine vm, TimeSpan timeout, CancellationToken cancel);

    /// <summary>Does without the guest what it was asked for.</summary>
    protected abstract void EndUnheard(VirtualMachine vm);

    /// <summary>What that is, for the user: turned off, reset.</summary>
    protected abstract string EndedUnheard { get; }

    /// <summary>Asks now, and waits in <see cref="EndProcessing"/>.</summary>
    private protected void Ask(VirtualMachine vm) => _asked.Add((vm, Task.Factory.StartNew(() =>
    {
        try
        {
            return Request(vm, new Deadline(Timeout).Remaining, StopToken);
        }
        catch (VmException e) when (e.Id == VmErrorId.VmNotRunning)
        {
            return ShutdownOutcome.Acpi;    // it ended by itself meanwhile
        }
    }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));

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
                    EndUnheard(vm);
                    string seconds = Timeout.TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture);
                    WriteWarning(outcome == ShutdownOutcome.Unanswered
                        ? $"'{vm.Name}' did not shut down within {seconds} s of being asked; it was {EndedUnheard}."
                        : $"'{vm.Name}' was {EndedUnheard}: nobody in the guest listens to ACPI or the keyboard.");
                }
                Done(vm);
            });
        }
        base.EndProcessing();
    }

    /// <summary>Says what there is to say about a machine, and emits it where that was asked for.</summary>
    private protected void Done(VirtualMachine vm)
    {
        WarnOfTrouble(vm);
        if (PassThru)
            WriteObject(vm);
    }
}
