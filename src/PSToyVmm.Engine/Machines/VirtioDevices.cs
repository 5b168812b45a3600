using PSToyVmm.Engine.Backends;
using PSToyVmm.Engine.Bus;
using PSToyVmm.Engine.Consoles;
using PSToyVmm.Engine.Kvm;
using PSToyVmm.Engine.Memory;
using PSToyVmm.Engine.Native;
using PSToyVmm.Engine.Virtio;

namespace PSToyVmm.Engine.Machines;

/// <summary>The virtio devices of one run, made anew for each.</summary>
sealed class VirtioDevices(VmHandle vm, GuestMemory memory, IoBus mmio, MachineLog log, Action<EndRequest> end) : IDisposable
{
    readonly List<VirtioUnit> _units = [];

    /// <summary>How each device of a configuration is made, in the order of their places.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <param name="console">For its console; null for whoever only counts.</param>
    public static IReadOnlyList<Func<VirtioDevice>> Plan(MachineConfiguration configuration, ConsoleConnector? console = null) =>
    [
        .. configuration.Disks.Select((disk, index) => (Func<VirtioDevice>)(() => disk.Open(index))),
        .. configuration.Networks.Select((network, index) => (Func<VirtioDevice>)(() => network.Open(configuration.Name, index))),
        .. configuration.Entropy ? [() => new EntropyDevice(new KernelEntropy())] : (Func<VirtioDevice>[])[],
        .. configuration.VirtioConsole ? [() => console!.Open()] : (Func<VirtioDevice>[])[],
    ];

    /// <summary>Makes a machine's devices.</summary>
    /// <exception cref="VmException">One of them could not be made. Those before it are disposed of with the rest of the run.</exception>
    public void AddAll(MachineConfiguration configuration, ConsoleConnector console)
    {
        foreach ((Func<VirtioDevice> make, VirtioSlot slot) in Plan(configuration, console).Zip(VirtioSlots.For(configuration)))
            Add(make(), slot, configuration.Name);
    }

    /// <summary>Adds one, which belongs to the run from now on.</summary>
    public void Add(VirtioDevice device, VirtioSlot slot, string machine)
    {
        VirtioUnit unit = new(device, memory, $"ToyVm {machine} {device.Label}", log.Note, e => end(Failure(device, e)));
        _units.Add(unit);
        unit.Attach(vm, mmio, slot);
    }

    /// <summary>The devices, each joined to its driver.</summary>
    public IEnumerable<VirtioControl> Controls => _units.Select(unit => unit.Control);

    /// <summary>What the thread of each device costs, by the device's name.</summary>
    public IEnumerable<(string Device, ThreadMeter Meter)> Meters => _units.Select(unit => (unit.Control.Device.Label, unit.Meter));

    /// <summary>Lets them work.</summary>
    public void Start() => _units.ForEach(unit => unit.Start());

    /// <summary>Ends them. Idempotent.</summary>
    public void Dispose() => _units.ForEach(unit => unit.Dispose());

    static EndRequest Failure(VirtioDevice device, Exception e) => new(StopReason.InternalError,
        new(-1, $"The VMM failed in the device {device.Label}: {e.GetType().Name}: {e.Message}", null, [], ""));
}
