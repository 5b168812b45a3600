using System.Buffers.Binary;
using PSToyVmm.Engine.Bus;
using PSToyVmm.Engine.Memory;

namespace PSToyVmm.Engine.Virtio;

/// <summary>
/// Virtio over MMIO (virtio 1.2, 4.2): a page of registers and one edge-triggered interrupt. Registers are 32 bits wide
/// and accessed whole; any other access reads zero and writes nothing. The configuration space, from 0x100 on, takes any.
/// </summary>
sealed class MmioTransport : IBusDevice, IVirtioInterrupt
{
    /// <summary>Bytes of the register page.</summary>
    public const uint Size = 0x1000;

    /// <summary>The register to which a queue's number is written to notify it; in a machine, KVM turns that into an eventfd.</summary>
    public const uint QueueNotify = 0x50;

    const uint Magic = 0x7472_6976, Version = 2, Vendor = 0x5659_4f54; // "virt"; without the legacy interface; "TOYV"
    const uint UsedBuffer = 1, ConfigurationChange = 2;
    const uint Config = 0x100;

    readonly IInterruptLine _line;
    uint _deviceFeaturesHalf, _driverFeaturesHalf, _queue, _interruptStatus;

    /// <summary>Gives a device its registers.</summary>
    /// <param name="device">The device.</param>
    /// <param name="memory">The guest's.</param>
    /// <param name="line">Its interrupt.</param>
    /// <param name="state">To go on from; null for a device as after a reset.</param>
    public MmioTransport(VirtioDevice device, GuestMemory memory, IInterruptLine line, MmioTransportState? state = null)
    {
        _line = line;
        if (state is not null)
            (_deviceFeaturesHalf, _driverFeaturesHalf, _queue, _interruptStatus) = (state.DeviceFeaturesHalf, state.DriverFeaturesHalf, state.Queue, state.InterruptStatus);
        Control = new(device, memory, this, state?.Control);
    }

    /// <summary>What is behind the registers.</summary>
    public VirtioControl Control { get; }

    /// <inheritdoc/>
    public string Label => Control.Device.Label;

    /// <summary>The state, between two turns of the device.</summary>
    public MmioTransportState Save() => new(Control.Save(), _deviceFeaturesHalf, _driverFeaturesHalf, _queue, _interruptStatus);

    /// <inheritdoc/>
    public void Read(ulong offset, Span<byte> data)
    {
        if (offset >= Config)
        {
            Control.Device.ReadConfig(offset - Config, data);
            return;
        }
        data.Clear();
        if (data.Length == sizeof(uint)) BinaryPrimitives.WriteUInt32LittleEndian(data, Read(offset));
    }

    /// <inheritdoc/>
    public void Write(ulong offset, ReadOnlySpan<byte> data)
    {
        if (offset >= Config) Control.WriteConfig(offset - Config, data);
        else if (data.Length == sizeof(uint)) Write(offset, BinaryPrimitives.ReadUInt32LittleEndian(data));
    }

    /// <inheritdoc/>
    public void SignalQueue(int queue) => Signal(UsedBuffer);

    /// <inheritdoc/>
    public void SignalConfig() => Signal(ConfigurationChange);

    // The bit before the edge: a handler that runs at once has to find it. And an edge each time: one that came before the
    // last acknowledgement is spurious, one left out would be a driver that waits for ever.
    void Signal(uint cause)
    {
        Interlocked.Or(ref _interruptStatus, cause);
        _line.Pulse();
    }

    uint Read(ulong register) => register switch
    {
        0x00 => Magic,
        0x04 => Version,
        0x08 => Control.Device.DeviceId,
        0x0c => Vendor,
        0x10 => _deviceFeaturesHalf switch { 0 => (uint)Control.OfferedFeatures, 1 => (uint)(Control.OfferedFeatures >> 32), _ => 0 },
        0x34 => Control.QueueLimit(_queue),
        0x44 => Control.IsQueueReady(_queue) ? 1u : 0,
        0x60 => Volatile.Read(ref _interruptStatus), // without the gate, and the next: every interrupt of the guest's costs both
        0x70 => (uint)Control.Status,
        0xb0 or 0xb4 or 0xb8 or 0xbc => uint.MaxValue, // SHMLen and SHMBase: there is no shared memory
        0xfc => Control.ConfigGeneration,
        _ => 0,
    };

    void Write(ulong register, uint value)
    {
        switch (register)
        {
            case 0x14: _deviceFeaturesHalf = value; break;
            case 0x20: Control.AcceptFeatures(_driverFeaturesHalf, value); break;
            case 0x24: _driverFeaturesHalf = value; break;
            case 0x30: _queue = value; break;
            case 0x38: Control.SetQueueSize(_queue, value); break;
            case 0x44: Control.SetQueueReady(_queue, value == 1); break;
            case QueueNotify: Control.Notify(value); break;
            case 0x64: Interlocked.And(ref _interruptStatus, ~value); break;
            case 0x70: WriteStatus(value); break;
            case 0x80 or 0x84: Control.SetQueueAddress(_queue, QueueArea.Descriptors, isHigh: register == 0x84, value); break;
            case 0x90 or 0x94: Control.SetQueueAddress(_queue, QueueArea.Driver, isHigh: register == 0x94, value); break;
            case 0xa0 or 0xa4: Control.SetQueueAddress(_queue, QueueArea.Device, isHigh: register == 0xa4, value); break;
        }
    }

    void WriteStatus(uint value)
    {
        if (value != 0)
        {
            Control.AddStatus((VirtioStatus)value);
            return;
        }
        Control.Reset();
        (_deviceFeaturesHalf, _driverFeaturesHalf, _queue, _interruptStatus) = (0, 0, 0, 0);
    }
}
