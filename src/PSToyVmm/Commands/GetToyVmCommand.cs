using System.Management.Automation;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>Emits the machines of this process, all of them or those named.</summary>
[Cmdlet(VerbsCommon.Get, "ToyVm")]
[OutputType(typeof(VirtualMachine))]
public sealed class GetToyVmCommand : VmCmdlet
{
    /// <summary>Names of machines; wildcards are allowed.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("VMName"), NameArgument, ValidateNotNullOrEmpty, SupportsWildcards, ArgumentCompleter(typeof(VmNameCompleter))]
    public string[] Name { get; set; } = ["*"];

    /// <inheritdoc/>
    protected override void ProcessRecord() => WriteObject(FindMachines(Name), enumerateCollection: true);
}
