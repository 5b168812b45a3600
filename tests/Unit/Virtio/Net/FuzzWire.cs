using System.Runtime.InteropServices;
using PSToyVmm.Engine.Native;
using PSToyVmm.Engine.Virtio;
using PSToyVmm.Engine.Virtio.Net;
using Xunit;

namespace PSToyVmm.Tests.Unit.Virtio.Net;

/// <summary>
/// A wire for fuzzing: frames of all sizes come, those that are sent are read to the last byte, and now and then there is no
/// room for one. It begins anew with each start of the device, so that a case is the same whatever came before.
/// </summary>
sealed class FuzzWire : INetBackend
{
    static readonly int[] s_lengths = [72, 1526, 26, 0, NetHeader.Size + NetDevice.LargestFrame, 300, 9000, -Libc.EIO];
    static readonly int[] s_answers = [0, 0, INetBackend.WouldBlock, 0, Libc.EINVAL];

    readonly EventFd _handle = new();
    readonly byte[] _frame = new byte[NetHeader.Size + NetDevice.LargestFrame], _sent = new byte[NetHeader.Size + NetDevice.LargestFrame + 1];
    int _received, _asked;

    public string Engine => "fuzz";
    public SafeHandle Handle => _handle;
    public ulong Offloads => NetFeature.HostChecksum | NetFeature.GuestChecksum | NetFeature.GuestTcp4 | NetFeature.HostTcp4 | NetFeature.HostTcp6 | NetFeature.HostUdp;
    public ushort Mtu => 1500;
    public bool HasFrames => (_received & 1) != 0;
    public bool IsSending => (_asked & 3) == 3;
    public string? Failure => null;
    public long HostDropped => 0;

    public static VirtioDevice Make() => new NetDevice("net0", new FuzzWire(), NetRig.Mac, isLinkUp: true);

    /// <summary>A frame of a good driver's goes out.</summary>
    public static void Prove(GuestDriver driver)
    {
        ushort head = driver.Queues[1].Add(GuestBuffer.ToRead(driver.Allocate(72), 72));
        driver.Queues[1].Kick();
        driver.Run();
        if (!driver.Queues[1].TryTake(out ushort taken, out uint written) || (taken, written) != (head, 0u)) Assert.Fail($"a good driver got {taken}, {written} for {head}");
    }

    public void UseOffloads(ulong features) => (_received, _asked) = (0, 0);

    public void SetCarrier(bool isUp)
    {
    }

    public int Receive(nint vectors, int count)
    {
        int length = s_lengths[_received++ % s_lengths.Length];
        if (length > 0) Scatter.Write(vectors, count, 0, _frame.AsSpan(0, length));
        return (int)Math.Min((ulong)Math.Max(length, 0), Scatter.LengthOf(vectors, count)) + Math.Min(length, 0);
    }

    public int Send(nint vectors, int count)
    {
        Assert.InRange(Scatter.Read(vectors, count, _sent), NetHeader.Size + 14, _sent.Length - 1);
        return s_answers[_asked++ % s_answers.Length];
    }

    public void Flush() => _asked++;

    public void Dispose() => _handle.Dispose();
}
