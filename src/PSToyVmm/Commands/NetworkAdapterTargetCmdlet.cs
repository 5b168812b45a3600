using System.Management.Automation;
using PSToyVmm.Engine;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>A cmdlet about one network adapter of each machine, by its number, or about adapters as Get-ToyVmNetworkAdapter emits them.</summary>
public abstract class NetworkAdapterTargetCmdlet : VmPartTargetCmdlet<VmNetworkAdapter>
{
    /// <summary>Network adapters, as Get-ToyVmNetworkAdapter emits them.</summary>
    [Parameter(ParameterSetName = "NetworkAdapter", Mandatory = true, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    public VmNetworkAdapter[] NetworkAdapter { get; set; } = [];

    /// <inheritdoc/>
    protected sealed override IReadOnlyList<VmNetworkAdapter> Parts => NetworkAdapter;

    /// <inheritdoc/>
    protected sealed override (VirtualMachine Machine, int Number) Locate(VmNetworkAdapter part)
    {
        ArgumentNullException.ThrowIfNull(part);
        int number = IndexOf(part.Machine.Networks, part.Number, part.Configuration);
        return number >= 0 ? (part.Machine, number)
            : throw new VmException(VmErrorId.NetworkAdapterNotFound, VmErrorKind.NotFound, $"'{part.VmName}' has its adapter {part.Number} no more, or it was changed; Get-ToyVmNetworkAdapter tells what there is.");
    }
}
