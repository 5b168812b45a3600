using System.Management.Automation;
using PSToyVmm.Engine;
using PSToyVmm.Engine.Formats;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>Writes the configuration of machines as JSON, for Import-ToyVm.</summary>
[Cmdlet(VerbsData.Export, "ToyVm", SupportsShouldProcess = true, DefaultParameterSetName = NameSet)]
[OutputType(typeof(FileInfo), typeof(Job))]
public sealed class ExportToyVmCommand : VmTargetCmdlet, IVmJobCmdlet
{
    /// <summary>The file to write, or a folder that there is, for a file with the machine's name.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [PathArgument, ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>Replaces a file that exists.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Emits each file.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>Do it in a background job, and emit the job.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    // What this command wrote: even -Force does not put one of its machines over another.
    readonly HashSet<string> _written = [];

    /// <inheritdoc/>
    protected override bool Wants(VirtualMachine vm) => ShouldProcess(vm?.Name, $"Export to '{FileFor(vm!)}'");

    /// <inheritdoc/>
    protected override void ProcessMachine(VirtualMachine vm)
    {
        ArgumentNullException.ThrowIfNull(vm);
        string path = FileFor(vm), target = WholeFile.Check(path, replace: true);
        if (_written.Contains(target))
            throw new VmException(VmErrorId.FileUnwritable, VmErrorKind.AlreadyExists, $"'{path}' has another machine in it, just written; give a folder for several machines.");
        WholeFile.Check(path, Force);
        if (!Wants(vm)) return;
        byte[] content = MachineFile.Write(vm.Configuration, System.IO.Path.GetDirectoryName(path)!);
        WholeFile.Write(path, Force, draft => File.WriteAllBytes(draft, content));
        _written.Add(target);
        if (PassThru) WriteObject(InvokeProvider.Item.Get([path], force: false, literalPath: true), enumerateCollection: true);
    }

    // A slash may be in a machine's name, and in no file's.
    string FileFor(VirtualMachine vm)
    {
        string path = ResolvePath(Path);
        return Directory.Exists(path) || path.EndsWith('/') ? System.IO.Path.Combine(path, $"{vm.Name.Replace('/', '-')}.json") : path;
    }
}
