using System.Net;
using PSToyVmm.Engine.Virtio.Net;
using PSToyVmm.Tests.Unit.Virtio.Net;

namespace PSToyVmm.Tests.Unit.Backends;

/// <summary>Frames that a guest sends and gets, written by hand: headers of virtio included.</summary>
static class GuestFrames
{
    /// <summary>Who has <paramref name="target"/>, tell <paramref name="sender"/> (RFC 826).</summary>
    public static byte[] AskFor(IPAddress target, IPAddress sender) =>
    [
        .. new byte[NetHeader.Size],
        .. Enumerable.Repeat((byte)0xff, 6), .. NetRig.Mac, 8, 6,
        0, 1, 8, 0, 6, 4, 0, 1, .. NetRig.Mac, .. sender.GetAddressBytes(), 0, 0, 0, 0, 0, 0, .. target.GetAddressBytes(),
        .. new byte[18], // the shortest frame of an Ethernet
    ];

    /// <summary>Whether a frame is the answer to that.</summary>
    public static bool IsAnswerOf(byte[] frame, IPAddress target) =>
        frame.Length >= NetHeader.Size + 42 && frame.AsSpan(NetHeader.Size + 12, 10).SequenceEqual<byte>([8, 6, 0, 1, 8, 0, 6, 4, 0, 2])
        && frame.AsSpan(NetHeader.Size + 28, 4).SequenceEqual(target.GetAddressBytes()) && frame.AsSpan(NetHeader.Size, 6).SequenceEqual(NetRig.Mac);

    /// <summary>Asks, and takes frames until the answer comes, which it has to.</summary>
    public static void AskAndAwait(NetRig rig, IPAddress target, IPAddress sender)
    {
        rig.Send(AskFor(target, sender));
        for (int i = 0; i < 100; i++)
            if (IsAnswerOf(rig.Take()!, target))
                return;
        throw new InvalidOperationException("a hundred frames, and no answer among them");
    }
}
