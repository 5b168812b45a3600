using System.Globalization;
using System.Management.Automation;
using PSToyVmm.Engine;
using PSToyVmm.Engine.Consoles;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>Copies a file from the host to guests, or from a guest to the host, by the shell at a console.</summary>
[Cmdlet(VerbsCommon.Copy, "ToyVmFile", SupportsShouldProcess = true, DefaultParameterSetName = NameSet)]
[OutputType(typeof(FileInfo), typeof(Job))]
public sealed class CopyToyVmFileCommand : VmParallelCmdlet
{
    /// <summary>The file to copy: on the host, or with -FromGuest in the guest.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string SourcePath { get; set; } = "";

    /// <summary>Where to: a file, or a directory that there is.</summary>
    [Parameter(Mandatory = true, Position = 2)]
    [ValidateNotNullOrEmpty]
    public string DestinationPath { get; set; } = "";

    /// <summary>Copies from the guest to the host.</summary>
    [Parameter]
    public SwitchParameter FromGuest { get; set; }

    /// <summary>Makes directories of the destination that are missing.</summary>
    [Parameter]
    public SwitchParameter CreateFullPath { get; set; }

    /// <summary>Replaces a file that is there.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>How long one piece of the file may take (seconds or a TimeSpan).</summary>
    [Parameter]
    [TimeoutArgument]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(60);

    string _hostPath = "";

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        string path = FromGuest ? DestinationPath : SourcePath;
        _hostPath = OrEnd(path, () => ResolvePath(path));
    }

    /// <inheritdoc/>
    protected override bool Wants(VirtualMachine vm) =>
        ShouldProcess(vm?.Name, FromGuest ? $"Copy '{SourcePath}' of the guest to '{DestinationPath}'" : $"Copy '{SourcePath}' to '{DestinationPath}' in the guest");

    /// <inheritdoc/>
    protected override object? Work(VirtualMachine vm, MachineConsole console)
    {
        ArgumentNullException.ThrowIfNull(vm);
        ArgumentNullException.ThrowIfNull(console);
        var progress = new VmProgress(this, $"Copying '{SourcePath}': {vm.Name}");
        var files = new GuestFiles(console.Shell, Timeout, StopToken);
        try
        {
            if (FromGuest) return Receive(files, progress);
            Send(files, progress);
            return null;
        }
        finally
        {
            SerialCursor.Of(console).NextMatch = console.Shell.Position;
            Later(progress.Dispose);
        }
    }

    void Send(GuestFiles files, VmProgress progress)
    {
        HostFiles.RequireEnd(_hostPath);
        try
        {
            using FileStream from = File.OpenRead(_hostPath);
            string mode = OperatingSystem.IsWindows() ? "644" : Convert.ToString((int)File.GetUnixFileMode(from.SafeFileHandle) & 0x1ff, 8);
            long length = from.Length;
            files.Send(from, DestinationPath, Path.GetFileName(_hostPath), mode, CreateFullPath, Force, copied => Show(progress, copied, length));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw HostFiles.Unreadable(_hostPath, e);
        }
    }

    FileInfo Receive(GuestFiles files, VmProgress progress)
    {
        string path = Directory.Exists(_hostPath) ? Path.Combine(_hostPath, Path.GetFileName(SourcePath)) : _hostPath;
        WholeFile.Check(path, Force);
        if (CreateFullPath) MakeFolder(Path.GetDirectoryName(path)!);
        WholeFile.Write(path, Force, draft =>
        {
            using FileStream to = new(draft, FileMode.Open);
            files.Receive(SourcePath, to, (copied, length) => Show(progress, copied, length));
        });
        return new FileInfo(path);
    }

    static void MakeFolder(string path)
    {
        try
        {
            Directory.CreateDirectory(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw WholeFile.Unwritable(path, e);
        }
    }

    void Show(VmProgress progress, long copied, long length) => Later(() => progress.Show(
        string.Create(CultureInfo.CurrentCulture, $"{copied:N0} of {length:N0} bytes"), length == 0 ? 100 : (int)(copied * 100 / length)));
}
