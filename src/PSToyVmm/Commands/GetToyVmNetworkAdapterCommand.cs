using System.Management.Automation;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>Emits the network adapters of machines.</summary>
[Cmdlet(VerbsCommon.Get, "ToyVmNetworkAdapter", DefaultParameterSetName = NameSet)]
[OutputType(typeof(VmNetworkAdapter))]
public sealed class GetToyVmNetworkAdapterCommand : VmTargetCmdlet
{
    /// <inheritdoc/>
    protected override void ProcessMachine(VirtualMachine vm)
    {
        ArgumentNullException.ThrowIfNull(vm);
        for (int i = 0; i < vm.Networks.Count; i++) WriteObject(new VmNetworkAdapter(vm, i));
    }
}
