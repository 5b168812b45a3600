using System.Runtime.InteropServices;

namespace PSToyVmm.Engine.Virtio.Net;

/// <summary>
/// The other end of a network device's wire. One thread uses it, the device's, but for <see cref="SetCarrier"/> and
/// <see cref="HostDropped"/>. Nothing waits. Each frame has a <see cref="NetHeader"/> before it, whose number of buffers means nothing here.
/// </summary>
interface INetBackend : IDisposable
{
    /// <summary>What <see cref="Send"/> returns for a frame that is to be sent again when <see cref="Handle"/> is writable.</summary>
    const int WouldBlock = -1;

    /// <summary>How users know it: <c>tap tap0</c>, for example.</summary>
    string Engine { get; }

    /// <summary>For poll(2): readable when frames have come.</summary>
    SafeHandle Handle { get; }

    /// <summary>Those of <see cref="NetFeature"/> about checksums and segments that it can do.</summary>
    ulong Offloads { get; }

    /// <summary>Bytes that a frame has behind its Ethernet header, at the most.</summary>
    ushort Mtu { get; }

    /// <summary>Whether it has read frames already, of which poll(2) cannot tell.</summary>
    bool HasFrames { get; }

    /// <summary>Whether part of a frame is still to be sent: <see cref="Flush"/> when <see cref="Handle"/> is writable.</summary>
    bool IsSending { get; }

    /// <summary>Why it is of no use any more; null while it is.</summary>
    string? Failure { get; }

    /// <summary>Frames that the host lost before they could be received, as the guest was too slow. From any thread.</summary>
    long HostDropped { get; }

    /// <summary>What the driver has agreed to take.</summary>
    void UseOffloads(ulong features);

    /// <summary>Shows the host whether the cable is plugged in. From any thread.</summary>
    void SetCarrier(bool isUp);

    /// <summary>Takes a frame.</summary>
    /// <param name="vectors">Where it goes: <see cref="IoVector"/>s by their address, with room for any frame.</param>
    /// <param name="count">How many.</param>
    /// <returns>Its bytes, header included; 0 where there is none; the host's error number below 0.</returns>
    int Receive(nint vectors, int count);

    /// <summary>Sends a frame.</summary>
    /// <param name="vectors">The header and the frame: <see cref="IoVector"/>s by their address.</param>
    /// <param name="count">How many.</param>
    /// <returns>0, <see cref="WouldBlock"/>, or the host's error number.</returns>
    int Send(nint vectors, int count);

    /// <summary>Goes on with what <see cref="IsSending"/>.</summary>
    void Flush();
}
