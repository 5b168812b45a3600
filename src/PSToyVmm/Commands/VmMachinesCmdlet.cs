using System.Management.Automation;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>
/// A cmdlet to which machines are given, by name or as objects. They stand first on the command line; position 0 is for
/// what has to be there even when machines come down the pipeline: <c>$vm | Wait-ToyVmSerial 'login:'</c>.
/// </summary>
public abstract class VmMachinesCmdlet : VmCmdlet
{
    /// <summary>The parameter set that takes names.</summary>
    protected const string NameSet = "Name";

    /// <summary>The parameter set that takes objects.</summary>
    protected const string ObjectSet = "VM";

    // Not by property name: PowerShell would take a machine in the pipeline for its name, and with it another machine of that name.
    /// <summary>Names of machines; wildcards are allowed.</summary>
    [Parameter(ParameterSetName = NameSet, Mandatory = true, Position = 1, ValueFromPipeline = true)]
    [Alias("VMName"), NameArgument, ValidateNotNullOrEmpty, SupportsWildcards, ArgumentCompleter(typeof(VmNameCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>Machines, as New-ToyVm and Get-ToyVm emit them.</summary>
    [Parameter(ParameterSetName = ObjectSet, Mandatory = true, Position = 1, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    public VirtualMachine[] VM { get; set; } = [];

    /// <summary>Those that this record of the pipeline gives. A name that nobody has is an error.</summary>
    private protected IEnumerable<VirtualMachine> Machines => ParameterSetName == ObjectSet ? VM : FindMachines(Name);
}
