using System.Management.Automation;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>A cmdlet about machines: each has its turn, now or in a job.</summary>
public abstract class VmTargetCmdlet : VmMachinesCmdlet
{
    readonly List<VirtualMachine> _ofJob = [];

    /// <summary>Whether a machine is to have its turn: where the user is asked, by -WhatIf or -Confirm. Of a job's machines before the job begins.</summary>
    protected virtual bool Wants(VirtualMachine vm) => true;

    /// <summary>One machine's turn. A VmException thrown here becomes an error about that machine.</summary>
    protected abstract void ProcessMachine(VirtualMachine vm);

    /// <inheritdoc/>
    protected sealed override void ProcessRecord()
    {
        foreach (var vm in Machines)
            ForOne(vm, () => ProcessNowOrLater(vm));
    }

    /// <summary>Where it runs as a job, that begins here: a cmdlet that ends by more than that calls this at its end.</summary>
    protected override void EndProcessing()
    {
        if (_ofJob.Count == 0) return;
        VmJobWork job = new(this);
        job.Add([KeyValuePair.Create<string, object?>(nameof(VM), _ofJob.ToArray())], nameof(Name), nameof(VM));
        job.Start();
    }

    void ProcessNowOrLater(VirtualMachine vm)
    {
        if (this is not IVmJobCmdlet { AsJob.IsPresent: true }) ProcessMachine(vm);
        else if (Wants(vm)) _ofJob.Add(vm);
    }

    /// <summary>Whether a machine has ended, well or badly, or never began.</summary>
    protected static bool IsOff(VirtualMachine vm) => vm?.State is MachineState.Off or MachineState.Faulted;

    /// <summary>Waits for a machine on a thread of its own, and shows after a moment what the machine is at: its state, and how far its boot has come.</summary>
    private protected T Waiting<T>(VirtualMachine vm, Func<T> wait)
    {
        using VmProgress progress = new(this, $"Waiting for '{vm.Name}'");
        return progress.Run(() => (vm.BootTimeline is [.., var last] ? $"{vm.State}: {last.Name}" : $"{vm.State}", -1), wait);
    }

    /// <summary>Says what the user should hear about a machine that ended badly or lost its log file.</summary>
    protected void WarnOfTrouble(VirtualMachine vm)
    {
        ArgumentNullException.ThrowIfNull(vm);
        if (vm.State == MachineState.Faulted)
            WriteWarning($"'{vm.Name}' ended by a fault: {vm.Status}");
        foreach (var console in vm.Consoles)
        {
            if (console.Log.FileError is { } lost)
                WriteWarning($"The log file of {console.Port} of '{vm.Name}' is incomplete: {lost.Message}");
        }
    }
}
