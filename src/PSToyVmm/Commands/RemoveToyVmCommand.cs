using System.Management.Automation;
using PSToyVmm.Engine;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>Forgets machines that are off and gives back what they hold; with -Force, running ones too.</summary>
[Cmdlet(VerbsCommon.Remove, "ToyVm", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High, DefaultParameterSetName = NameSet)]
[OutputType(typeof(Job))]
public sealed class RemoveToyVmCommand : VmTargetCmdlet, IVmJobCmdlet
{
    /// <summary>Do not ask, and turn a running machine off first.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Do it in a background job, and emit the job.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    /// <summary>-Force is the answer to the question, but not to an explicit -WhatIf or -Confirm.</summary>
    protected override bool Wants(VirtualMachine vm) => (Force && !Asked("WhatIf") && !Asked("Confirm")) || ShouldProcess(vm?.Name, "Remove virtual machine");

    /// <inheritdoc/>
    protected override void ProcessMachine(VirtualMachine vm)
    {
        ArgumentNullException.ThrowIfNull(vm);
        if (!Force && !IsOff(vm))
        {
            throw new VmException(VmErrorId.VmRunning, VmErrorKind.InvalidState,
                $"'{vm.Name}' is {vm.State}; stop it first, or use -Force to turn it off and remove it.");
        }
        if (!VmRegistry.Contains(vm))
            throw Removed(vm);
        if (Wants(vm) && !VmRegistry.Remove(vm))
            throw Removed(vm);
    }

    static VmException Removed(VirtualMachine vm) => new(VmErrorId.VmRemoved, VmErrorKind.InvalidState, $"'{vm.Name}' was removed before.");

    bool Asked(string common) => LanguagePrimitives.IsTrue(
        MyInvocation.BoundParameters.TryGetValue(common, out object? given) ? given :
        common == "WhatIf" ? GetVariableValue("WhatIfPreference") : null);
}
