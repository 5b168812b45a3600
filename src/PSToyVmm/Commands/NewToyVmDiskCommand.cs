using System.Management.Automation;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>Makes a raw disk image: a sparse one of a size, or with an ext4 file system, empty or filled from a directory.</summary>
[Cmdlet(VerbsCommon.New, "ToyVmDisk", SupportsShouldProcess = true)]
[OutputType(typeof(FileInfo), typeof(Job))]
public sealed class NewToyVmDiskCommand : VmCmdlet, IVmJobCmdlet
{
    /// <summary>The image to make.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [Alias("LiteralPath"), PathArgument, ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>Bytes: 10GB. With -Content it may be left out: what the content needs, and a quarter more.</summary>
    [Parameter(Position = 1)]
    public long Size { get; set; }

    /// <summary>Makes an ext4 file system on it.</summary>
    [Parameter]
    public SwitchParameter Ext4 { get; set; }

    /// <summary>A directory whose content goes into the file system.</summary>
    [Parameter]
    [PathArgument, AllowEmptyString]
    public string Content { get; set; } = "";

    /// <summary>The file system's label.</summary>
    [Parameter]
    [ValidateLength(0, 16)]
    public string Label { get; set; } = "";

    /// <summary>Replaces a file that is there.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Do it in a background job, and emit the job.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => ForOne(Path, () =>
    {
        string path = ResolvePath(Path), label = Label ?? "";
        string? content = string.IsNullOrEmpty(Content) ? null : ResolvePath(Content);
        if (!ShouldProcess(path, "Make a disk image")) return;
        if (AsJob)
        {
            VmJobWork job = new(this);
            job.Add([]);
            job.Start();
            return;
        }
        using (VmProgress progress = new(this, $"Making the disk '{path}'"))
            progress.Run(() => (content is null ? "Making a file system" : $"Copying '{content}'", -1), () =>
            {
                DiskMaker.Make(path, Size, Ext4 || content is not null || label.Length > 0, content, label, Force, StopToken);
                return true;
            });
        WriteObject(InvokeProvider.Item.Get([path], force: false, literalPath: true), enumerateCollection: true);
    });
}
