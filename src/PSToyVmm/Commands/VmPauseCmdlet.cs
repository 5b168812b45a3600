using System.Management.Automation;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>A cmdlet that holds machines, or lets them go; says so where one is that way already.</summary>
/// <param name="wanted">The state that they come to.</param>
/// <param name="word">That state, for the user: paused, running.</param>
/// <param name="action">What is done, for -WhatIf.</param>
public abstract class VmPauseCmdlet(MachineState wanted, string word, string action) : VmTargetCmdlet, IVmJobCmdlet
{
    /// <summary>Emit the machine.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>Do it in a background job, and emit the job.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    /// <summary>Does it to one machine.</summary>
    protected abstract void Change(VirtualMachine vm);

    /// <inheritdoc/>
    protected sealed override bool Wants(VirtualMachine vm) => ShouldProcess(vm?.Name, action);

    /// <inheritdoc/>
    protected sealed override void ProcessMachine(VirtualMachine vm)
    {
        ArgumentNullException.ThrowIfNull(vm);
        if (vm.State == wanted)
            WriteWarning($"'{vm.Name}' is already {word}.");
        else if (Wants(vm))
            Change(vm);
        else
            return;
        if (PassThru)
            WriteObject(vm);
    }
}
