using PSToyVmm.Engine.Consoles;
using PSToyVmm.Engine.Virtio.Block;

namespace PSToyVmm.Engine.Machines;

/// <content>How its configuration is changed after it was made, and what it has is found.</content>
public sealed partial class VirtualMachine
{
    /// <summary>Makes it of something else.</summary>
    /// <param name="change">From the current configuration to the new one.</param>
    /// <param name="name">Its new name, which the caller knows to be free; null where the name stays.</param>
    /// <exception cref="VmException">VmRunning, VmRemoved, or the new configuration is not valid: the old one stays then.</exception>
    public void Reconfigure(Func<MachineConfiguration, MachineConfiguration> change, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(change);
        lock (_gate)
        {
            if (_disposed) throw new VmException(VmErrorId.VmRemoved, VmErrorKind.InvalidState, $"'{Name}' has been removed.");
            if (_state is not (MachineState.Off or MachineState.Faulted))
                throw new VmException(VmErrorId.VmRunning, VmErrorKind.InvalidState, $"'{Name}' is {_state}; stop it before it can be changed.");
            MachineConfiguration changed = change(Configuration) with { Name = name ?? Name };
            changed.Validate();
            Configuration = changed;
        }
    }

    /// <summary>Adds a disk behind those it has.</summary>
    /// <exception cref="VmException">As <see cref="Reconfigure"/>.</exception>
    public void AddDisk(DiskConfiguration disk) => Reconfigure(configuration => configuration with { Disks = [.. configuration.Disks, disk] });

    /// <summary>Takes a disk away; those behind it move up.</summary>
    /// <exception cref="VmException">DiskNotFound, or as <see cref="Reconfigure"/>.</exception>
    public void RemoveDisk(int index)
    {
        DiskAt(index);
        Reconfigure(configuration => configuration with { Disks = [.. configuration.Disks.Where((_, i) => i != index)] });
    }

    /// <summary>Changes a disk's rate limits, while the machine runs, too; null leaves one as it is.</summary>
    /// <exception cref="VmException">DiskNotFound or DiskOptionInvalid.</exception>
    public void LimitDisk(int index, long? bytesPerSecond, long? operationsPerSecond, long? burstBytes, long? burstOperations)
    {
        lock (_gate)
        {
            DiskConfiguration disk = DiskAt(index);
            disk = disk with
            {
                BytesPerSecond = bytesPerSecond ?? disk.BytesPerSecond,
                OperationsPerSecond = operationsPerSecond ?? disk.OperationsPerSecond,
                BurstBytes = burstBytes ?? disk.BurstBytes,
                BurstOperations = burstOperations ?? disk.BurstOperations,
            };
            disk.ValidateOptions();
            Configuration = Configuration with { Disks = [.. Disks.Select((other, i) => i == index ? disk : other)] };
            foreach (BlockDevice device in (_run?.Virtio?.Controls ?? []).Select(control => control.Device).OfType<BlockDevice>().Skip(index).Take(1))
                device.Limit = disk.Limit;
        }
    }

    /// <summary>The console of a port, whose name may be written in capitals, too.</summary>
    /// <exception cref="VmException">ConsolePortNotFound.</exception>
    public MachineConsole FindConsole(string port) =>
        Consoles.FirstOrDefault(console => string.Equals(console.Port, port, StringComparison.OrdinalIgnoreCase))
        ?? throw new VmException(VmErrorId.ConsolePortNotFound, VmErrorKind.NotFound, $"'{Name}' has no console '{port}'; "
            + (string.Equals(port, MachineConsoles.VirtioPort, StringComparison.OrdinalIgnoreCase)
                ? "New-ToyVm -VirtioConsole gives it one." : $"it has {string.Join(" and ", Consoles.Select(console => console.Port))}."));

    DiskConfiguration DiskAt(int index) => index >= 0 && index < Disks.Count ? Disks[index]
        : throw new VmException(VmErrorId.DiskNotFound, VmErrorKind.NotFound, $"'{Name}' has no disk {index}; {Disks.Count switch { 0 => "it has none at all", 1 => "its only one is 0", var count => $"its disks are 0 to {count - 1}" }}.");
}
