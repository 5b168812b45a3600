using System.Management.Automation;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>Takes disks away from machines that are off. Their images stay.</summary>
[Cmdlet(VerbsCommon.Remove, "ToyVmDisk", SupportsShouldProcess = true, DefaultParameterSetName = NameSet)]
public sealed class RemoveToyVmDiskCommand : DiskTargetCmdlet
{
    /// <inheritdoc/>
    protected override void ProcessPart(VirtualMachine vm, int number)
    {
        ArgumentNullException.ThrowIfNull(vm);
        if (ShouldProcess(vm.Name, $"Remove disk {number}")) vm.RemoveDisk(number);
    }
}
