using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>A disk of a machine, as Get-ToyVmDisk emits it.</summary>
public sealed class VmDisk
{
    internal VmDisk(VirtualMachine machine, int number) => (Machine, Number, Configuration) = (machine, number, machine.Disks[number]);

    /// <summary>The machine's name.</summary>
    public string VmName => Machine.Name;

    /// <summary>Its number in the machine, from 0.</summary>
    public int Number { get; }

    /// <summary>What Linux in the guest calls it.</summary>
    public string GuestName => DiskConfiguration.GuestName(Number);

    /// <summary>Full path of the image or block device.</summary>
    public string Path => Configuration.Path;

    /// <summary>Whether the guest may only read it.</summary>
    public bool ReadOnly => Configuration.ReadOnly;

    /// <summary>Whether changes are forgotten when the machine is off.</summary>
    public bool Snapshot => Configuration.Snapshot;

    /// <summary>Whether the guest's root file system is on it.</summary>
    public bool Root => Configuration.IsRoot;

    /// <summary>What the guest can know it by; empty for its name, disk0 and so on.</summary>
    public string Serial => Configuration.Serial;

    /// <summary>When what the guest wrote is on the host's disk.</summary>
    public DiskCacheMode CacheMode => Configuration.CacheMode;

    /// <summary>Bytes per second on average; 0 for no limit.</summary>
    public long BytesPerSecond => Configuration.BytesPerSecond;

    /// <summary>Requests per second on average; 0 for no limit.</summary>
    public long OperationsPerSecond => Configuration.OperationsPerSecond;

    /// <summary>Bytes at once after a pause; 0 for those of a second.</summary>
    public long BurstBytes => Configuration.BurstBytes;

    /// <summary>Requests at once after a pause; 0 for those of a second.</summary>
    public long BurstOperations => Configuration.BurstOperations;

    internal VirtualMachine Machine { get; }

    internal DiskConfiguration Configuration { get; }

    /// <inheritdoc/>
    public override string ToString() => Path;
}
