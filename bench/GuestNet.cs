using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using PSToyVmm.Engine.Backends;
using PSToyVmm.Engine.Bus;
using PSToyVmm.Engine.Memory;
using PSToyVmm.Engine.Native;
using PSToyVmm.Engine.Virtio;
using PSToyVmm.Engine.Virtio.Net;

namespace PSToyVmm.Bench;

/// <summary>A guest with a network card on a tap, in this process, which gives the card its turns itself; and a packet socket on the host's side.</summary>
sealed unsafe partial class GuestNet : IDisposable
{
    const int QueueSize = NetDevice.QueueSize, BufferSize = 4096;
    const ulong Rings = 0x8000, Frames = 0x10_0000;

    readonly GuestMemory _memory;
    readonly NetDevice _device;
    readonly MmioTransport _transport;
    readonly SafeFileHandle _source;
    readonly int _size, _batch;
    readonly ulong _slot;
    readonly byte* _host; // guest memory, as the driver has it: without a check
    readonly ushort[] _available = new ushort[2], _used = new ushort[2];

    public GuestNet(string tap, int size, int batch)
    {
        (_size, _batch, _slot) = (size, batch, (ulong)(NetHeader.Size + size + 63) / 64 * 64);
        ulong buffers = Frames + (_slot * (ulong)batch);
        _memory = new(((buffers + (QueueSize * BufferSize)) / GuestMemory.PageSize * GuestMemory.PageSize) + GuestMemory.PageSize);
        _memory.Slice(new(0), (int)_memory.Size).Fill(1); // committed before it counts
        _memory.Slice(new(0), (int)buffers).Clear();
        _host = (byte*)_memory.Low.HostAddress;
        _device = new("bench", TapBackend.Open(new(tap, Mtu: 65520)), [2, 0, 0, 0, 0, 1], isLinkUp: true);
        _transport = new(_device, _memory, new Deaf());
        _source = OpenSource(tap);
        Initialize();
        for (int i = 0; i < batch; i++)
        {
            ulong at = Frames + (_slot * (ulong)i);
            "\x2\x2\x2\x2\x2\x2\x4\x4\x4\x4\x4\x4"u8.CopyTo(_memory.Slice(new(at + NetHeader.Size), 12));
            new byte[] { 0x88, 0xb5 }.CopyTo(_memory.Slice(new(at + NetHeader.Size + 12), 2)); // as in peer.c
            Describe(1, i, at, (uint)(NetHeader.Size + size), 0);
        }
        for (int i = 0; i < QueueSize; i++)
        {
            Describe(0, i, buffers + (ulong)(i * BufferSize), BufferSize, Descriptor.IsWritable);
            Offer(0, (ushort)i);
        }
        _transport.Control.RunQueue(0);
    }

    /// <summary>Sends a batch and receives a batch.</summary>
    public (TimeSpan Sending, TimeSpan Receiving) Round()
    {
        long began = Stopwatch.GetTimestamp();
        for (int i = 0; i < _batch; i++) Offer(1, (ushort)i);
        _transport.Control.RunQueue(1);
        int sent = 0;
        for (; TryTake(1, out _); sent++) { }
        TimeSpan sending = Stopwatch.GetElapsedTime(began);
        if (sent != _batch || _device.Counters.TxErrors != 0) throw new InvalidOperationException($"{sent} of {_batch} frames were sent, {_device.Counters.TxErrors} refused");
        for (int i = 0; i < _batch; i++) Inject();
        long before = _device.Counters.RxPackets;
        began = Stopwatch.GetTimestamp();
        while (_device.Counters.RxPackets < before + _batch)
        {
            _transport.Control.RunSource(0);
            while (TryTake(0, out ushort head)) Offer(0, head);
        }
        return (sending, Stopwatch.GetElapsedTime(began));
    }

    public void Dispose()
    {
        _source.Dispose();
        _device.Dispose();
        _memory.Dispose();
    }

    static ulong Ring(int queue) => Rings + ((ulong)queue * 0x8000);

    void Describe(int queue, int index, ulong at, uint length, ushort flags) =>
        _memory.Ref<Descriptor>(new(Ring(queue) + ((ulong)index * 16))) = new() { Address = at, Length = length, Flags = flags };

    void Offer(int queue, ushort head)
    {
        ushort* ring = (ushort*)(_host + Ring(queue) + 0x2000);
        ring[2 + (_available[queue] % QueueSize)] = head;
        Volatile.Write(ref ring[1], ++_available[queue]);
    }

    bool TryTake(int queue, out ushort head)
    {
        head = 0;
        byte* ring = _host + Ring(queue) + 0x4000;
        if (Volatile.Read(ref *(ushort*)(ring + 2)) == _used[queue]) return false;
        head = *(ushort*)(ring + 4 + (_used[queue]++ % QueueSize * 8));
        return true;
    }

    void Inject()
    {
        fixed (byte* frame = _memory.Slice(new(Frames + NetHeader.Size), _size))
            if (Libc.write(_source, frame, (nuint)_size) != _size) throw new InvalidOperationException($"the packet socket took no frame: {Errno.Describe(Errno.Last)}");
    }

    void Initialize()
    {
        Write(0x70, 0);
        Write(0x70, 3);
        // As a driver that takes no segments: what comes from a packet socket has none.
        ulong features = (_device.Features & ~NetFeature.GuestSegments) | VirtioFeature.OfEveryDevice;
        Write(0x24, 1);
        Write(0x20, (uint)(features >> 32));
        Write(0x24, 0);
        Write(0x20, (uint)features);
        Write(0x70, 11);
        for (uint queue = 0; queue < 2; queue++)
        {
            Write(0x30, queue);
            Write(0x38, QueueSize);
            Write(0x80, (uint)Ring((int)queue));
            Write(0x90, (uint)Ring((int)queue) + 0x2000);
            Write(0xa0, (uint)Ring((int)queue) + 0x4000);
            Write(0x44, 1);
        }
        Write(0x70, 15);
    }

    void Write(uint register, uint value) => _transport.Write(register, BitConverter.GetBytes(value));

    static SafeFileHandle OpenSource(string interfaceName)
    {
        const int Packet = 17, Raw = 3;
        byte* address = stackalloc byte[20]; // struct sockaddr_ll
        new Span<byte>(address, 20).Clear();
        (*(ushort*)address, *(int*)(address + 4)) = (Packet, NetworkInterface.IndexOf(interfaceName));
        SafeFileHandle socket = new(Libc.socket(Packet, Raw | Libc.SOCK_CLOEXEC, 0), ownsHandle: true);
        return !socket.IsInvalid && bind(socket, address, 20) == 0 ? socket : throw new InvalidOperationException($"no packet socket: {Errno.Describe(Errno.Last)}");
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int bind(SafeHandle socket, void* address, int length);

    sealed class Deaf : IInterruptLine
    {
        public void Pulse()
        {
        }
    }
}
