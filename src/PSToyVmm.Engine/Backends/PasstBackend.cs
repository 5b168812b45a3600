using System.Runtime.InteropServices;
using PSToyVmm.Engine.Virtio.Net;

namespace PSToyVmm.Engine.Backends;

/// <summary>
/// A network without rights on the host: passt(1), which answers the guest's ARP, DHCP, NDP and DNS as its network would, and
/// makes of its connections sockets of its own. A guest that takes frames too slowly slows the other end down; none is lost here.
/// </summary>
sealed class PasstBackend : INetBackend
{
    /// <summary>As passt's own users have it: its work is done for each frame, whatever its size.</summary>
    public const int DefaultMtu = 65520;

    readonly PasstProcess _passt;
    readonly FrameStream _frames;

    PasstBackend(PasstProcess passt, int mtu) => (_passt, _frames, Mtu) = (passt, new(passt.Socket, "passt"), (ushort)mtu);

    public string Engine => "passt";

    public SafeHandle Handle => _passt.Socket;

    public ulong Offloads => 0;

    public ushort Mtu { get; }

    public bool HasFrames => _frames.HasFrames;

    public bool IsSending => _frames.IsSending;

    public string? Failure => _frames.Failure;

    public long HostDropped => 0;

    /// <summary>Starts a passt.</summary>
    /// <exception cref="VmException">As <see cref="PasstProcess.Start"/>.</exception>
    public static PasstBackend Open(int mtu, IReadOnlyList<PortForward> forwards) => new(PasstProcess.Start(mtu, forwards), mtu);

    public void UseOffloads(ulong features)
    {
        // Its protocol has no header that could say of them.
    }

    public void SetCarrier(bool isUp)
    {
        // Nor has it a word for this: the device drops the frames.
    }

    public int Receive(nint vectors, int count) => _frames.Receive(vectors, count);

    public int Send(nint vectors, int count) => _frames.Send(vectors, count);

    public void Flush() => _frames.Flush();

    public void Dispose() => _passt.Dispose();
}
