using System.Management.Automation;
using PSToyVmm.Engine;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>Emits the machines of this process, all of them or those named.</summary>
[Cmdlet(VerbsCommon.Get, "ToyVm", DefaultParameterSetName = NameSet)]
[OutputType(typeof(VirtualMachine))]
public sealed class GetToyVmCommand : VmCmdlet
{
    const string NameSet = "Name";
    const string IdSet = "Id";

    /// <summary>Names of machines; wildcards are allowed.</summary>
    [Parameter(ParameterSetName = NameSet, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("VMName"), NameArgument, ValidateNotNullOrEmpty, SupportsWildcards, ArgumentCompleter(typeof(VmNameCompleter))]
    public string[] Name { get; set; } = ["*"];

    /// <summary>Machines by what is unique for ever.</summary>
    [Parameter(ParameterSetName = IdSet, Mandatory = true)]
    [Alias("VMId"), ArgumentCompleter(typeof(VmIdCompleter))]
    public Guid[] Id { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (ParameterSetName == NameSet)
            WriteObject(FindMachines(Name), enumerateCollection: true);
        else
            foreach (var id in Id) ForOne(id, () => WriteObject(Find(id)));
    }

    static VirtualMachine Find(Guid id) => VmRegistry.All.FirstOrDefault(vm => vm.Id == id)
        ?? throw new VmException(VmErrorId.VmNotFound, VmErrorKind.NotFound, $"There is no virtual machine with the id {id}. Get-ToyVm lists those there are.");
}
