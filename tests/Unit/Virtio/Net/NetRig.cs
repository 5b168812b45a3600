using System.Runtime.InteropServices;
using PSToyVmm.Engine.Virtio.Net;
using static PSToyVmm.Tests.Unit.Virtio.GuestBuffer;

namespace PSToyVmm.Tests.Unit.Virtio.Net;

/// <summary>A guest with a network card, as Linux's virtio_net uses it.</summary>
sealed class NetRig : IDisposable
{
    public const int Header = NetHeader.Size;

    readonly bool _threaded;

    public NetRig(INetBackend backend, ulong features = ulong.MaxValue, ushort queueSize = 256, bool threaded = false, bool linkUp = true)
    {
        (Backend, _threaded) = (backend, threaded);
        Device = new("net0", backend, Mac, linkUp) { Note = Notes.Add };
        Driver = new GuestDriver(Device, memory: 32 << 20, threaded: threaded).Start(features, queueSize);
    }

    public static byte[] Mac => [0x52, 0x54, 0, 1, 2, 3];

    public INetBackend Backend { get; }
    public NetDevice Device { get; }
    public GuestDriver Driver { get; }
    public List<string> Notes { get; } = [];
    public GuestQueue Receiving => Driver.Queues[0];
    public GuestQueue Sending => Driver.Queues[1];

    /// <summary>Where the buffers of heads are that were offered.</summary>
    public Dictionary<ushort, ulong> Buffers { get; } = [];

    /// <summary>A frame with a header, and bytes that tell where they were.</summary>
    public static byte[] Frame(int length, byte seed = 1)
    {
        byte[] frame = new byte[Header + length];
        for (int i = Header; i < frame.Length; i++) frame[i] = (byte)(seed + (i * 7));
        return frame;
    }

    /// <summary>Offers receive buffers, and kicks.</summary>
    public void Offer(uint size, int count = 1)
    {
        for (int i = 0; i < count; i++)
        {
            ulong at = Driver.Allocate(size);
            Buffers[Receiving.Add(ToWrite(at, size))] = at;
        }
        Receiving.Kick();
        Turn();
    }

    /// <summary>Sends a frame and waits for the buffer.</summary>
    public void Send(ReadOnlySpan<byte> frame)
    {
        ulong at = Driver.Allocate((uint)frame.Length);
        frame.CopyTo(Driver.Memory.Slice(new(at), frame.Length));
        Sending.Add(ToRead(at, (uint)frame.Length));
        Sending.Kick();
        Turn();
    }

    /// <summary>What the thread does when something has come.</summary>
    public void Arrive()
    {
        if (Driver.Control.Awaits(0).HasFlag(PSToyVmm.Engine.Virtio.SourceEvents.Readable)) Driver.Control.RunSource(0);
    }

    /// <summary>Takes a frame that the guest got, put together; null where there is none.</summary>
    public byte[]? Take()
    {
        if (!TryTake(out ushort head, out uint written)) return null;
        byte[] frame = Bytes(head, written);
        int buffers = MemoryMarshal.Read<NetHeader>(frame).Buffers;
        for (int i = 1; i < buffers; i++)
            frame = TryTake(out head, out written) ? [.. frame, .. Bytes(head, written)] : throw new InvalidOperationException("a part of a frame is missing");
        return frame;
    }

    public long Counter(string name) => Device.ReadCounters().Single(counter => counter.Name == name).Value;

    public void Dispose() => Driver.Dispose();

    bool TryTake(out ushort head, out uint written)
    {
        if (!_threaded) return Receiving.TryTake(out head, out written);
        (head, written) = Driver.Await(Receiving);
        return true;
    }

    byte[] Bytes(ushort head, uint written) => Driver.Memory.Slice(new(Buffers[head]), (int)written).ToArray();

    void Turn()
    {
        if (!_threaded) Driver.Run();
    }
}
