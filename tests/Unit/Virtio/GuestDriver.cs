using PSToyVmm.Engine.Backends;
using PSToyVmm.Engine.Bus;
using PSToyVmm.Engine.Memory;
using PSToyVmm.Engine.Virtio;
using Xunit;

namespace PSToyVmm.Tests.Unit.Virtio;

/// <summary>
/// A guest with a driver for one device, in the test's process: it reaches the device by its MMIO registers and by rings in
/// guest memory, as Linux does, and in no other way. The device has its turns when <see cref="Run"/> is called, on the
/// test's thread, so that a test decides about time; or on its own thread, as in a machine, with <c>threaded</c>.
/// </summary>
sealed class GuestDriver : IDisposable
{
    readonly Queue<int> _notified = new(64);
    readonly InterruptCounter _line = new();
    readonly DeviceThread? _thread;
    ulong _free;

    /// <summary>Makes memory and registers; <see cref="Start"/> goes through the initialization.</summary>
    public GuestDriver(VirtioDevice device, ulong memory = 1 << 20, bool threaded = false, MmioTransportState? state = null, GuestMemory? shared = null)
    {
        Device = device;
        Memory = shared ?? new GuestMemory(memory);
        Transport = new(device, Memory, _line, state);
        if (threaded)
        {
            _thread = new(Control, $"test {device.Label}", e => Failure = e);
            _thread.Start();
        }
        else
        {
            Control.Notified = _notified.Enqueue;
        }
    }

    public VirtioDevice Device { get; }
    public GuestMemory Memory { get; }
    public MmioTransport Transport { get; }
    public VirtioControl Control => Transport.Control;

    /// <summary>What was set up by <see cref="Start"/>.</summary>
    public IReadOnlyList<GuestQueue> Queues { get; private set; } = [];

    /// <summary>Agreed on.</summary>
    public ulong Features { get; private set; }

    /// <summary>Edges of the interrupt line.</summary>
    public int Interrupts => _line.Count;

    /// <summary>What the device's thread died of.</summary>
    public Exception? Failure { get; private set; }

    public VirtioStatus Status => (VirtioStatus)Read(0x70);

    public bool Has(ulong feature) => (Features & feature) == feature;

    public uint Read(uint register)
    {
        Span<byte> data = stackalloc byte[4];
        Transport.Read(register, data);
        return BitConverter.ToUInt32(data);
    }

    public void Write(uint register, uint value)
    {
        Span<byte> data = stackalloc byte[4];
        BitConverter.TryWriteBytes(data, value);
        Transport.Write(register, data);
    }

    /// <summary>Reads the configuration space.</summary>
    public byte[] ReadConfig(uint offset, int length)
    {
        byte[] data = new byte[length];
        Transport.Read(0x100 + offset, data);
        return data;
    }

    /// <summary>Memory of the guest's that nothing else has, zeroed.</summary>
    public ulong Allocate(uint bytes, uint alignment = 16)
    {
        ulong at = (_free + alignment - 1) / alignment * alignment;
        _free = at + bytes;
        Memory.Slice(new(at), (int)bytes).Clear();
        return at;
    }

    /// <summary>
    /// Initializes the device (virtio 1.2, 3.1.1): accepts what it offers and <paramref name="features"/> allows, sets up
    /// every queue, and lets it go.
    /// </summary>
    public GuestDriver Start(ulong features = ulong.MaxValue, ushort queueSize = ushort.MaxValue)
    {
        Reset();
        Assert.Equal(0x7472_6976u, Read(0));
        Assert.Equal(2u, Read(4));
        Write(0x70, (uint)VirtioStatus.Acknowledge);
        Write(0x70, (uint)(VirtioStatus.Acknowledge | VirtioStatus.Driver));
        Features = OfferedFeatures() & features;
        AcceptFeatures(Features);
        const VirtioStatus Agreed = VirtioStatus.Acknowledge | VirtioStatus.Driver | VirtioStatus.FeaturesOk;
        Write(0x70, (uint)Agreed);
        Assert.Equal(Agreed, Status);
        Queues = [.. Device.QueueSizes.Select((limit, i) => SetUp(i, Math.Min(limit, queueSize)))];
        Write(0x70, (uint)(Agreed | VirtioStatus.DriverOk));
        return this;
    }

    /// <summary>Resets the device and forgets its queues.</summary>
    public void Reset()
    {
        Write(0x70, 0);
        Assert.Equal(VirtioStatus.None, Status);
        Queues = [];
        _notified.Clear();
        _free = 0;
    }

    public ulong OfferedFeatures()
    {
        Write(0x14, 1);
        ulong high = Read(0x10);
        Write(0x14, 0);
        return high << 32 | Read(0x10);
    }

    public void AcceptFeatures(ulong features)
    {
        Write(0x24, 1);
        Write(0x20, (uint)(features >> 32));
        Write(0x24, 0);
        Write(0x20, (uint)features);
    }

    /// <summary>Gives the device turns for what was notified, until it has nothing to do. Not with a thread.</summary>
    /// <returns>Turns.</returns>
    public int Run()
    {
        int turns = 0;
        while (_notified.TryDequeue(out int queue))
        {
            turns++;
            ulong again = Control.RunQueue(queue);
            for (int i = 0; again != 0; again >>= 1, i++)
                if ((again & 1) != 0)
                    _notified.Enqueue(i);
        }
        return turns;
    }

    /// <summary>Reads and acknowledges what the interrupt was for, as the handler does.</summary>
    public uint AcknowledgeInterrupt()
    {
        uint cause = Read(0x60);
        Write(0x64, cause);
        return cause;
    }

    /// <summary>Waits for a used buffer, of a device with a thread, and takes it.</summary>
    public (ushort Head, uint Written) Await(GuestQueue queue)
    {
        while (true)
        {
            int before = Interrupts;
            if (queue.TryTake(out ushort head, out uint written)) return (head, written);
            Assert.True(_line.WaitBeyond(before, TimeSpan.FromSeconds(30)), $"no interrupt came; {Status}, {Failure}");
            AcknowledgeInterrupt();
        }
    }

    public void Dispose()
    {
        _thread?.Dispose();
        Device.Dispose();
        Memory.Dispose();
    }

    GuestQueue SetUp(int index, ushort size)
    {
        GuestQueue queue = new(this, index, size);
        Write(0x30, (uint)index);
        Assert.Equal(0u, Read(0x44));
        Assert.InRange(size, 1u, Read(0x34));
        Write(0x38, size);
        WriteAddress(0x80, queue.Table);
        WriteAddress(0x90, queue.Available);
        WriteAddress(0xa0, queue.Used);
        Write(0x44, 1);
        Assert.Equal(1u, Read(0x44));
        return queue;
    }

    void WriteAddress(uint register, ulong address)
    {
        Write(register, (uint)address);
        Write(register + 4, (uint)(address >> 32));
    }

    /// <summary>An interrupt line that counts edges, and lets a thread wait for one.</summary>
    sealed class InterruptCounter : IInterruptLine
    {
        readonly object _gate = new();
        int _count;

        public int Count => Volatile.Read(ref _count);

        public void Pulse()
        {
            lock (_gate)
            {
                _count++;
                Monitor.PulseAll(_gate);
            }
        }

        public bool WaitBeyond(int count, TimeSpan longest)
        {
            lock (_gate)
            {
                while (_count == count)
                    if (!Monitor.Wait(_gate, longest)) return false;
                return true;
            }
        }
    }
}
