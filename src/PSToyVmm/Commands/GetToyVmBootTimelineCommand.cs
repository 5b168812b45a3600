using System.Management.Automation;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>Emits the events of each machine's last boot, oldest first.</summary>
[Cmdlet(VerbsCommon.Get, "ToyVmBootTimeline", DefaultParameterSetName = NameSet)]
[OutputType(typeof(VmBootPhase))]
public sealed class GetToyVmBootTimelineCommand : VmTargetCmdlet
{
    /// <inheritdoc/>
    protected override void ProcessMachine(VirtualMachine vm)
    {
        ArgumentNullException.ThrowIfNull(vm);
        WriteObject(vm.BootTimeline.Select(p => new VmBootPhase(vm.Name, p.Name, p.At, p.Duration)), enumerateCollection: true);
    }
}
