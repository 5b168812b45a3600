using System.Management.Automation;
using PSToyVmm.Engine;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>A cmdlet about one network adapter of each machine, by its number, or about adapters as Get-ToyVmNetworkAdapter emits them.</summary>
public abstract class NetworkAdapterTargetCmdlet : VmCmdlet
{
    /// <summary>The parameter set that takes names of machines.</summary>
    protected const string NameSet = "Name";

    /// <summary>The parameter set that takes machines.</summary>
    protected const string ObjectSet = "VM";

    /// <summary>The parameter set that takes adapters.</summary>
    protected const string AdapterSet = "NetworkAdapter";

    /// <summary>Names of machines; wildcards are allowed.</summary>
    [Parameter(ParameterSetName = NameSet, Mandatory = true, Position = 1, ValueFromPipeline = true)]
    [Alias("VMName"), ValidateNotNullOrEmpty, SupportsWildcards, ArgumentCompleter(typeof(VmNameCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>Machines, as New-ToyVm and Get-ToyVm emit them.</summary>
    [Parameter(ParameterSetName = ObjectSet, Mandatory = true, Position = 1, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    public VirtualMachine[] VM { get; set; } = [];

    /// <summary>Network adapters, as Get-ToyVmNetworkAdapter emits them.</summary>
    [Parameter(ParameterSetName = AdapterSet, Mandatory = true, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    public VmNetworkAdapter[] NetworkAdapter { get; set; } = [];

    /// <summary>The adapter's number in its machine, from 0.</summary>
    [Parameter(ParameterSetName = NameSet, Mandatory = true, Position = 0)]
    [Parameter(ParameterSetName = ObjectSet, Mandatory = true, Position = 0)]
    public int Number { get; set; }

    /// <summary>One adapter's turn. A VmException thrown here becomes an error about that adapter.</summary>
    protected abstract void ProcessAdapter(VirtualMachine vm, int number);

    /// <inheritdoc/>
    protected sealed override void ProcessRecord()
    {
        if (ParameterSetName == AdapterSet)
            foreach (var adapter in NetworkAdapter)
                ForOne(adapter, () => ProcessAdapter(adapter.Machine, CurrentNumber(adapter)));
        else
            foreach (var vm in ParameterSetName == ObjectSet ? VM : FindMachines(Name))
                ForOne(vm, () => ProcessAdapter(vm, Number));
    }

    // Where it is now: adapters move up when one before them is removed.
    static int CurrentNumber(VmNetworkAdapter adapter)
    {
        var networks = adapter.Machine.Networks;
        if (adapter.Number < networks.Count && networks[adapter.Number] == adapter.Configuration) return adapter.Number;
        for (int i = 0; i < networks.Count; i++)
            if (networks[i] == adapter.Configuration)
                return i;
        throw new VmException(VmErrorId.NetworkAdapterNotFound, VmErrorKind.NotFound, $"'{adapter.VmName}' has its adapter {adapter.Number} no more, or it was changed; Get-ToyVmNetworkAdapter tells what there is.");
    }
}
