using System.Management.Automation;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>Adds a disk to machines that are off.</summary>
[Cmdlet(VerbsCommon.Add, "ToyVmDisk", SupportsShouldProcess = true, DefaultParameterSetName = NameSet)]
[OutputType(typeof(VmDisk))]
public sealed class AddToyVmDiskCommand : VmTargetCmdlet
{
    /// <summary>A raw image or a block device.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [Alias("LiteralPath"), PathArgument, ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>The guest may only read it; others may read it too.</summary>
    [Parameter]
    public SwitchParameter ReadOnly { get; set; }

    /// <summary>Changes are kept in a temporary file and forgotten when the machine is off; the image stays as it is.</summary>
    [Parameter]
    public SwitchParameter Snapshot { get; set; }

    /// <summary>The image is raw whatever its first bytes look like.</summary>
    [Parameter]
    public SwitchParameter Raw { get; set; }

    /// <summary>The guest's root file system is on it.</summary>
    [Parameter]
    public SwitchParameter Root { get; set; }

    /// <summary>Up to 20 ASCII characters that the guest can know the disk by.</summary>
    [Parameter]
    public string Serial { get; set; } = "";

    /// <summary>When what the guest wrote is on the host's disk.</summary>
    [Parameter]
    public DiskCacheMode CacheMode { get; set; }

    /// <summary>Bytes per second on average; 0 for no limit.</summary>
    [Parameter]
    public long BytesPerSecond { get; set; }

    /// <summary>Requests per second on average; 0 for no limit.</summary>
    [Parameter]
    public long OperationsPerSecond { get; set; }

    /// <summary>Bytes at once after a pause; 0 for those of a second.</summary>
    [Parameter]
    public long BurstBytes { get; set; }

    /// <summary>Requests at once after a pause; 0 for those of a second.</summary>
    [Parameter]
    public long BurstOperations { get; set; }

    /// <summary>Emits the new disk.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessMachine(VirtualMachine vm)
    {
        ArgumentNullException.ThrowIfNull(vm);
        var disk = new DiskConfiguration
        {
            Path = ResolvePath(Path),
            ReadOnly = ReadOnly,
            Snapshot = Snapshot,
            Raw = Raw,
            IsRoot = Root,
            Serial = Serial ?? "",
            CacheMode = CacheMode,
            BytesPerSecond = BytesPerSecond,
            OperationsPerSecond = OperationsPerSecond,
            BurstBytes = BurstBytes,
            BurstOperations = BurstOperations,
        };
        if (!ShouldProcess(vm.Name, $"Add the disk '{disk.Path}'")) return;
        vm.AddDisk(disk);
        if (PassThru) WriteObject(new VmDisk(vm, vm.Disks.Count - 1));
    }
}
