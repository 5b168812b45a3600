using System.Collections.ObjectModel;
using System.Management.Automation;
using PSToyVmm.Engine;
using PSToyVmm.Engine.Formats;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>Makes machines of the files that Export-ToyVm wrote, and emits them. They are off.</summary>
[Cmdlet(VerbsData.Import, "ToyVm", SupportsShouldProcess = true, DefaultParameterSetName = "Path")]
[OutputType(typeof(VirtualMachine), typeof(Job))]
public sealed class ImportToyVmCommand : VmMakerCmdlet
{
    string _file = "";

    /// <summary>Files; wildcards are allowed.</summary>
    [Parameter(ParameterSetName = "Path", Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty, SupportsWildcards]
    public string[] Path { get; set; } = [];

    /// <summary>Files, taken literally.</summary>
    [Parameter(ParameterSetName = "LiteralPath", Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "LP"), ValidateNotNullOrEmpty]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>The machine's name, in place of the one in the file.</summary>
    [Parameter]
    [Alias("VMName", "NewName"), ValidateNotNullOrEmpty]
    public string Name { get; set; } = "";

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (string given in ParameterSetName == "Path" ? Path : LiteralPath)
            ForOne(given, () => { foreach (string path in FilesOf(given)) Make(path, () => Read(_file = path)); });
    }

    private protected override void LeaveTo(VmJobWork job, MachineConfiguration configuration) =>
        job.Add([KeyValuePair.Create<string, object?>(nameof(LiteralPath), _file)], nameof(Path), nameof(LiteralPath));

    MachineConfiguration Read(string path)
    {
        var file = MachineFile.Load(path);
        var machine = file.WithCommandLine(file.Configuration);
        return Name.Length > 0 ? machine with { Name = Name } : machine;
    }

    // As for all of PowerShell's own: brackets in -Path are a wildcard, one that matches nothing is no error.
    Collection<string> FilesOf(string path)
    {
        if (ParameterSetName != "Path" || !WildcardPattern.ContainsWildcardCharacters(path)) return [ResolvePath(path)];
        try
        {
            var found = SessionState.Path.GetResolvedProviderPathFromPSPath(path, out var provider);
            return provider.Name == "FileSystem" ? found : throw NoFile(path, $"is a path of the {provider.Name} provider; give the path of a file.");
        }
        catch (ItemNotFoundException)
        {
            return [];
        }
        catch (SessionStateException e)    // no such drive or provider
        {
            throw NoFile(path, $"is not a path of the file system: {e.Message}", e);
        }
    }

    static VmException NoFile(string path, string why, Exception? inner = null) => new(VmErrorId.PathNotFileSystem, VmErrorKind.InvalidArgument, $"'{path}' {why}", inner);
}
