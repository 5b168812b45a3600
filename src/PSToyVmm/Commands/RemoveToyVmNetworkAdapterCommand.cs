using System.Management.Automation;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>Takes network adapters away from machines that are off.</summary>
[Cmdlet(VerbsCommon.Remove, "ToyVmNetworkAdapter", SupportsShouldProcess = true, DefaultParameterSetName = NameSet)]
public sealed class RemoveToyVmNetworkAdapterCommand : NetworkAdapterTargetCmdlet
{
    /// <inheritdoc/>
    protected override void ProcessPart(VirtualMachine vm, int number)
    {
        ArgumentNullException.ThrowIfNull(vm);
        if (ShouldProcess(vm.Name, $"Remove network adapter {number}")) vm.RemoveNetworkAdapter(number);
    }
}
