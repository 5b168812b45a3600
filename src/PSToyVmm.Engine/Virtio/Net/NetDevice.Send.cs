using System.Runtime.InteropServices;

namespace PSToyVmm.Engine.Virtio.Net;

/// <content>From the guest to the host (5.1.6.2).</content>
sealed partial class NetDevice
{
    const int EthernetHeader = 14;

    void Send()
    {
        if (Queues[Sending] is not { } queue) return;
        while (queue.TryPop(_chain))
        {
            if (!TrySend())
            {
                queue.Unpop(1);
                _isBlocked = true;
                return;
            }
            queue.Push(_chain.Head, 0);
        }
    }

    // False where the host has no room for it now. What cannot be sent at all is lost, as on any wire.
    bool TrySend()
    {
        ulong length = _chain.ReadableBytes;
        if (length is < NetHeader.Size + EthernetHeader or > NetHeader.Size + LargestFrame || !IsAgreed(ReadHeader()))
        {
            Counters.TxErrors++;
            return true;
        }
        if (!CanPass)
        {
            Counters.TxDropped++;
            return true;
        }
        int count = 0;
        foreach (ref readonly Segment segment in _chain.Readable) _sendVectors[count++] = new() { Base = segment.Host, Length = segment.Length };
        int error = _backend.Send(Marshal.UnsafeAddrOfPinnedArrayElement(_sendVectors, 0), count);
        if (error == INetBackend.WouldBlock) return false;
        Count(error, (long)length - NetHeader.Size);
        return true;
    }

    // Nearly always it is in one piece.
    NetHeader ReadHeader()
    {
        Segment first = _chain.Readable[0];
        if (first.Length >= NetHeader.Size) return Memory.Ref<NetHeader>(first.Address);
        NetHeader header = default;
        _chain.Read(0, MemoryMarshal.AsBytes(new Span<NetHeader>(ref header)));
        return header;
    }

    void Count(int error, long length)
    {
        if (error == 0)
        {
            Counters.TxPackets++;
            Counters.TxBytes += length;
            return;
        }
        Counters.TxErrors++;
        Counters.LastError = error;
        CheckBackend();
    }

    // Only what was agreed on (5.1.6.2). The rest of the header is the host's kernel's to check: it is where it is used.
    bool IsAgreed(in NetHeader header)
    {
        if ((header.Flags & NetHeader.NeedsChecksum) != 0 && (_agreed & NetFeature.HostChecksum) == 0) return false;
        ulong needed = (header.SegmentType & ~NetHeader.Congestion) switch
        {
            NetHeader.None => 0,
            NetHeader.TcpV4 => NetFeature.HostTcp4,
            NetHeader.TcpV6 => NetFeature.HostTcp6,
            NetHeader.UdpSegments => NetFeature.HostUdp,
            _ => ulong.MaxValue,
        };
        if ((header.SegmentType & NetHeader.Congestion) != 0) needed |= NetFeature.HostCongestion;
        return (_agreed & needed) == needed;
    }
}
