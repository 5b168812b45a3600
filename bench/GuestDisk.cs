using PSToyVmm.Engine.Backends;
using PSToyVmm.Engine.Bus;
using PSToyVmm.Engine.Memory;
using PSToyVmm.Engine.Native;
using PSToyVmm.Engine.Virtio;
using PSToyVmm.Engine.Virtio.Block;

namespace PSToyVmm.Bench;

/// <summary>
/// A guest with a disk, in this process: it has a number of requests in flight through a virtqueue in guest memory, and gives
/// the device its turns itself, so that what is measured is the device and its backend, and no thread's waking up.
/// </summary>
sealed class GuestDisk : IDisposable
{
    const uint Table = 0, Available = 0x1000, Used = 0x2000, Headers = 0x4000, Statuses = 0x6000, Data = 0x10_0000;
    const uint In = 0, Out = 1, Flush = 4;

    readonly GuestMemory _memory;
    readonly BlockDevice _device;
    readonly MmioTransport _transport;
    readonly PollSet _wait;
    readonly int _depth;
    readonly uint _size;
    ushort _available, _used;

    /// <summary>Requests of this size, so many at a time.</summary>
    public GuestDisk(string path, int depth, uint size, bool ring)
    {
        (_depth, _size) = (depth, size);
        _memory = new(Data + ((ulong)depth * size));
        _memory.Slice(new(0), (int)_memory.Size).Fill(1); // committed before it counts
        _memory.Slice(new(0), (int)Data).Clear();
        _device = new("bench", DiskBackend.Open(path, DiskAccess.ReadWrite, raw: true, BlockDevice.QueueSize, ring), "bench"u8, RateLimit.None, TimeProvider.System);
        _transport = new(_device, _memory, new Deaf());
        _wait = new(_device.Sources);
        Initialize();
        for (int i = 0; i < depth; i++) Describe(i);
    }

    public string Backend => _device.Backend;

    public ulong Sectors => Read64(0x100);

    /// <summary>Requests until the time is over, or until so many have ended.</summary>
    /// <param name="write">Whether they write.</param>
    /// <param name="sector">Where the next one is.</param>
    /// <param name="goesOn">Asked before each one.</param>
    /// <returns>How many.</returns>
    public long Run(bool write, Func<ulong> sector, Func<long, bool> goesOn)
    {
        long begun = 0, ended = 0;
        for (int i = 0; i < _depth; i++, begun++) Offer(i, write ? Out : In, sector());
        while (ended < begun)
        {
            _transport.Control.RunQueue(0);
            if (Volatile.Read(ref _memory.Ref<ushort>(new(Used + 2))) == _used)
            {
                _wait.Wait(null);
                _transport.Control.RunSource(0);
            }
            while (Volatile.Read(ref _memory.Ref<ushort>(new(Used + 2))) != _used)
            {
                int slot = (int)_memory.Ref<uint>(new(Used + 4 + (_used++ % 256u * 8))) / 3;
                ended++;
                if (_memory.Ref<byte>(new(Statuses + (uint)slot)) != 0) throw new InvalidOperationException("a request failed");
                if (!goesOn(begun)) continue;
                Offer(slot, write ? Out : In, sector());
                begun++;
            }
        }
        return ended;
    }

    /// <summary>All that was written is on the disk.</summary>
    public void FlushAll()
    {
        // Header and status of the first slot, without data between.
        _memory.Ref<Descriptor>(new(Table)) = new() { Address = Headers, Length = 16, Flags = Descriptor.HasNext, Next = 2 };
        Offer(0, Flush, 0);
        for (_transport.Control.RunQueue(0); Volatile.Read(ref _memory.Ref<ushort>(new(Used + 2))) == _used; _transport.Control.RunSource(0)) _wait.Wait(null);
        _used++;
        Describe(0);
    }

    public void Dispose()
    {
        _wait.Dispose();
        _device.Dispose();
        _memory.Dispose();
    }

    void Initialize()
    {
        Write(0x70, 0);
        Write(0x70, 3);
        ulong features = _device.Features | VirtioFeature.OfEveryDevice;
        Write(0x24, 1);
        Write(0x20, (uint)(features >> 32));
        Write(0x24, 0);
        Write(0x20, (uint)features);
        Write(0x70, 11);
        Write(0x38, 256);
        Write(0x80, Table);
        Write(0x90, Available);
        Write(0xa0, Used);
        Write(0x44, 1);
        Write(0x70, 15);
    }

    // Three descriptors for each slot: header, data, status.
    void Describe(int slot)
    {
        uint at = Table + ((uint)slot * 48);
        _memory.Ref<Descriptor>(new(at)) = new() { Address = Headers + ((uint)slot * 16), Length = 16, Flags = Descriptor.HasNext, Next = (ushort)((slot * 3) + 1) };
        _memory.Ref<Descriptor>(new(at + 16)) = new() { Address = Data + ((ulong)slot * _size), Length = _size, Flags = Descriptor.HasNext, Next = (ushort)((slot * 3) + 2) };
        _memory.Ref<Descriptor>(new(at + 32)) = new() { Address = Statuses + (uint)slot, Length = 1, Flags = Descriptor.IsWritable };
    }

    void Offer(int slot, uint type, ulong sector)
    {
        _memory.Ref<uint>(new(Headers + ((uint)slot * 16))) = type;
        _memory.Ref<ulong>(new(Headers + ((uint)slot * 16) + 8)) = sector;
        if (type != Flush) _memory.Ref<Descriptor>(new(Table + ((uint)slot * 48) + 16)).Flags = (ushort)(Descriptor.HasNext | (type == In ? Descriptor.IsWritable : 0));
        _memory.Ref<ushort>(new(Available + 4 + (_available % 256u * 2))) = (ushort)(slot * 3);
        Volatile.Write(ref _memory.Ref<ushort>(new(Available + 2)), ++_available);
    }

    void Write(uint register, uint value) => _transport.Write(register, BitConverter.GetBytes(value));

    ulong Read64(uint register)
    {
        Span<byte> data = stackalloc byte[8];
        _transport.Read(register, data);
        return BitConverter.ToUInt64(data);
    }

    sealed class Deaf : IInterruptLine
    {
        public void Pulse()
        {
        }
    }
}
