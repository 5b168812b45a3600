using System.Runtime.InteropServices;
using PSToyVmm.Engine.Native;
using PSToyVmm.Engine.Virtio.Net;

namespace PSToyVmm.Tests.Unit.Virtio.Net;

/// <summary>A wire whose other end is the test: what comes and what is sent are arrays of bytes, headers included.</summary>
sealed class FakeWire : INetBackend
{
    readonly EventFd _handle = new();

    public Queue<byte[]> Incoming { get; } = [];
    public List<byte[]> Sent { get; } = [];

    /// <summary>What the next ones to be sent get for an answer.</summary>
    public int Answer { get; set; }

    public string Engine => "fake";
    public SafeHandle Handle => _handle;
    public ulong Offloads { get; init; }
    public ushort Mtu { get; init; } = 1500;
    public bool HasFrames { get; set; }
    public bool IsSending { get; set; }
    public string? Failure { get; set; }
    public long HostDropped { get; set; }
    public ulong Used { get; private set; } = ulong.MaxValue;
    public bool Carrier { get; private set; } = true;
    public int Flushes { get; private set; }

    public void UseOffloads(ulong features) => Used = features;

    public void SetCarrier(bool isUp) => Carrier = isUp;

    public int Receive(nint vectors, int count)
    {
        if (Failure is not null) return -Libc.EIO;
        if (!Incoming.TryDequeue(out byte[]? frame)) return 0;
        Scatter.Write(vectors, count, 0, frame);
        return (int)Math.Min((ulong)frame.Length, Scatter.LengthOf(vectors, count)); // as readv of a tap
    }

    public int Send(nint vectors, int count)
    {
        if (Answer != 0) return Answer;
        byte[] frame = new byte[(int)Scatter.LengthOf(vectors, count)];
        Scatter.Read(vectors, count, frame);
        Sent.Add(frame);
        return 0;
    }

    public void Flush() => Flushes++;

    public void Dispose() => _handle.Dispose();
}
