using PSToyVmm.Engine.Memory;

namespace PSToyVmm.Engine.Virtio;

/// <summary>
/// What is between a driver and a device on any transport: status, features, the setting up of queues, reset, and the
/// device's turns (virtio 1.2, 2.1 to 2.5 and 3.1). Transports decode registers and call this; the device's thread calls it
/// for its turns. One gate, the device's, guards all of it; whoever holds it waits for nothing that a guest could delay.
/// </summary>
sealed partial class VirtioControl
{
    const VirtioStatus OfDriver = VirtioStatus.Acknowledge | VirtioStatus.Driver | VirtioStatus.Failed;

    readonly Lock _gate = new();
    readonly VirtqueueState[] _setups;
    readonly Virtqueue?[] _queues;
    volatile VirtioStatus _status;
    ulong _driverFeatures;
    uint _configGeneration;

    /// <summary>Joins a device to a transport.</summary>
    /// <param name="device">The device; it belongs to whoever made it.</param>
    /// <param name="memory">The guest's.</param>
    /// <param name="interrupt">The transport's way to the driver.</param>
    /// <param name="state">To go on from; null for a device as after a reset.</param>
    public VirtioControl(VirtioDevice device, GuestMemory memory, IVirtioInterrupt interrupt, VirtioState? state = null)
    {
        (Device, Memory, Interrupt, device.Control) = (device, memory, interrupt, this);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(device.QueueSizes.Count, MostQueues);
        _queues = new Virtqueue?[device.QueueSizes.Count];
        _setups = new VirtqueueState[_queues.Length];
        if (state is null) return;
        (_driverFeatures, _configGeneration) = (state.DriverFeatures, state.ConfigGeneration);
        for (int i = 0; i < _setups.Length; i++) _setups[i] = state.Queues[i];
        _status = state.Status & ~VirtioStatus.DriverOk;
        if ((state.Status & VirtioStatus.DriverOk) != 0) StartDevice();
    }

    /// <summary>The device.</summary>
    public VirtioDevice Device { get; }

    /// <summary>The guest's memory.</summary>
    public GuestMemory Memory { get; }

    /// <summary>The way to the driver.</summary>
    public IVirtioInterrupt Interrupt { get; }

    /// <summary>What to do when a queue is to have a turn: wake the device's thread.</summary>
    public Action<int> Notified { get; set; } = static _ => { };

    /// <summary>Told what a guest did to break its device, the first time, the second, the fourth, and so on.</summary>
    public Action<string> Broken { get; set; } = static _ => { };

    /// <summary>How often a guest broke the device.</summary>
    public long Faults { get; private set; }

    /// <summary>Notifications of queues that came through the transport's register, and not through an ioeventfd.</summary>
    public long Notifications => Interlocked.Read(ref _notifications);

    /// <summary>Buffers taken from its queues, those of before a reset too.</summary>
    public long Requests => Interlocked.Read(ref _pastRequests) + _queues.Sum(queue => queue?.Popped ?? 0);

    /// <summary>Interrupts for used buffers, those of before a reset too.</summary>
    public long Interrupts => Interlocked.Read(ref _pastInterrupts) + _queues.Sum(queue => queue?.Interrupts ?? 0);

    /// <summary>How far driver and device are.</summary>
    public VirtioStatus Status => _status;

    /// <summary>Features offered.</summary>
    public ulong OfferedFeatures => Device.Features | VirtioFeature.OfEveryDevice;

    /// <summary>Features agreed on.</summary>
    public ulong Features => _driverFeatures & OfferedFeatures;

    /// <summary>Whether a driver has it started, and has not broken it.</summary>
    public bool IsStarted { get; private set; }

    /// <summary>Changes whenever the configuration space did.</summary>
    public uint ConfigGeneration => Volatile.Read(ref _configGeneration);

    /// <summary>Its queues while started.</summary>
    public IReadOnlyList<Virtqueue?> Queues => _queues;

    /// <summary>The state, between two turns. Buffers that the device still has (<see cref="Virtqueue.InFlight"/>) are its own state.</summary>
    public VirtioState Save()
    {
        lock (_gate)
        {
            Device.Quiesce();
            return new(_status, _driverFeatures, _configGeneration, [.. _setups.Select((setup, i) => _queues[i]?.Save(setup) ?? setup)]);
        }
    }

    /// <summary>The guest did what no driver may: DEVICE_NEEDS_RESET, and nothing more until then.</summary>
    public void Break(string fault)
    {
        lock (_gate)
        {
            if ((_status & VirtioStatus.NeedsReset) != 0) return;
            Faults++;
            _status |= VirtioStatus.NeedsReset;
            IsStarted = false;
            foreach (Virtqueue? queue in _queues) queue?.Close();
            if ((_status & VirtioStatus.DriverOk) != 0) Interrupt.SignalConfig();
            // A guest that breaks its device all the time does not fill the log with it.
            if (long.IsPow2(Faults)) Broken($"{Device.Label}: {fault}; it waits for its driver to reset it.");
        }
    }

    /// <summary>The device's configuration space has changed.</summary>
    public void ConfigChanged()
    {
        lock (_gate)
        {
            _configGeneration++;
            if (IsStarted) Interrupt.SignalConfig();
        }
    }
}
