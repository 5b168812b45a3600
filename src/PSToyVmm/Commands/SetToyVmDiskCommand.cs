using System.Management.Automation;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>Changes the rate limits of disks, while their machines run, too.</summary>
[Cmdlet(VerbsCommon.Set, "ToyVmDisk", SupportsShouldProcess = true, DefaultParameterSetName = NameSet)]
[OutputType(typeof(VmDisk))]
public sealed class SetToyVmDiskCommand : DiskTargetCmdlet
{
    /// <summary>Bytes per second on average; 0 for no limit.</summary>
    [Parameter]
    public long? BytesPerSecond { get; set; }

    /// <summary>Requests per second on average; 0 for no limit.</summary>
    [Parameter]
    public long? OperationsPerSecond { get; set; }

    /// <summary>Bytes at once after a pause; 0 for those of a second.</summary>
    [Parameter]
    public long? BurstBytes { get; set; }

    /// <summary>Requests at once after a pause; 0 for those of a second.</summary>
    [Parameter]
    public long? BurstOperations { get; set; }

    /// <summary>Emits the disk as it is then.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessPart(VirtualMachine vm, int number)
    {
        ArgumentNullException.ThrowIfNull(vm);
        if (!ShouldProcess(vm.Name, $"Change the limits of disk {number}")) return;
        vm.LimitDisk(number, BytesPerSecond, OperationsPerSecond, BurstBytes, BurstOperations);
        if (PassThru) WriteObject(new VmDisk(vm, number));
    }
}
