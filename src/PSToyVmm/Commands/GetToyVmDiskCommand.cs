using System.Management.Automation;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>Emits the disks of machines.</summary>
[Cmdlet(VerbsCommon.Get, "ToyVmDisk", DefaultParameterSetName = NameSet)]
[OutputType(typeof(VmDisk))]
public sealed class GetToyVmDiskCommand : VmTargetCmdlet
{
    /// <inheritdoc/>
    protected override void ProcessMachine(VirtualMachine vm)
    {
        ArgumentNullException.ThrowIfNull(vm);
        for (int i = 0; i < vm.Disks.Count; i++) WriteObject(new VmDisk(vm, i));
    }
}
