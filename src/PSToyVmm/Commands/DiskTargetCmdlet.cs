using System.Management.Automation;
using PSToyVmm.Engine;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>A cmdlet about one disk of each machine, by its number, or about disks as Get-ToyVmDisk emits them.</summary>
public abstract class DiskTargetCmdlet : VmPartTargetCmdlet<VmDisk>
{
    /// <summary>Disks, as Get-ToyVmDisk emits them.</summary>
    [Parameter(ParameterSetName = "Disk", Mandatory = true, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    public VmDisk[] Disk { get; set; } = [];

    /// <inheritdoc/>
    protected sealed override IReadOnlyList<VmDisk> Parts => Disk;

    /// <inheritdoc/>
    protected sealed override (VirtualMachine Machine, int Number) Locate(VmDisk part)
    {
        ArgumentNullException.ThrowIfNull(part);
        int number = IndexOf(part.Machine.Disks, part.Number, part.Configuration);
        return number >= 0 ? (part.Machine, number)
            : throw new VmException(VmErrorId.DiskNotFound, VmErrorKind.NotFound, $"'{part.Path}' is no disk of '{part.VmName}' any more, or was changed; Get-ToyVmDisk tells what there is.");
    }
}
