using System.Management.Automation;
using PSToyVmm.Engine;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>A cmdlet about one disk of each machine, by its number, or about disks as Get-ToyVmDisk emits them.</summary>
public abstract class DiskTargetCmdlet : VmCmdlet
{
    /// <summary>The parameter set that takes names of machines.</summary>
    protected const string NameSet = "Name";

    /// <summary>The parameter set that takes machines.</summary>
    protected const string ObjectSet = "VM";

    /// <summary>The parameter set that takes disks.</summary>
    protected const string DiskSet = "Disk";

    /// <summary>Names of machines; wildcards are allowed.</summary>
    [Parameter(ParameterSetName = NameSet, Mandatory = true, Position = 1, ValueFromPipeline = true)]
    [Alias("VMName"), ValidateNotNullOrEmpty, SupportsWildcards, ArgumentCompleter(typeof(VmNameCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>Machines, as New-ToyVm and Get-ToyVm emit them.</summary>
    [Parameter(ParameterSetName = ObjectSet, Mandatory = true, Position = 1, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    public VirtualMachine[] VM { get; set; } = [];

    /// <summary>Disks, as Get-ToyVmDisk emits them.</summary>
    [Parameter(ParameterSetName = DiskSet, Mandatory = true, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    public VmDisk[] Disk { get; set; } = [];

    /// <summary>The disk's number in its machine, from 0.</summary>
    [Parameter(ParameterSetName = NameSet, Mandatory = true, Position = 0)]
    [Parameter(ParameterSetName = ObjectSet, Mandatory = true, Position = 0)]
    public int Number { get; set; }

    /// <summary>One disk's turn. A VmException thrown here becomes an error about that disk.</summary>
    protected abstract void ProcessDisk(VirtualMachine vm, int number);

    /// <inheritdoc/>
    protected sealed override void ProcessRecord()
    {
        if (ParameterSetName == DiskSet)
            foreach (var disk in Disk)
                ForOne(disk, () => ProcessDisk(disk.Machine, CurrentNumber(disk)));
        else
            foreach (var vm in ParameterSetName == ObjectSet ? VM : FindMachines(Name))
                ForOne(vm, () => ProcessDisk(vm, Number));
    }

    // Where it is now: disks move up when one before them is removed.
    static int CurrentNumber(VmDisk disk)
    {
        var disks = disk.Machine.Disks;
        if (disk.Number < disks.Count && disks[disk.Number] == disk.Configuration) return disk.Number;
        for (int i = 0; i < disks.Count; i++)
            if (disks[i] == disk.Configuration)
                return i;
        throw new VmException(VmErrorId.DiskNotFound, VmErrorKind.NotFound, $"'{disk.Path}' is no disk of '{disk.VmName}' any more, or was changed; Get-ToyVmDisk tells what there is.");
    }
}
