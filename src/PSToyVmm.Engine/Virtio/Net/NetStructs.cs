using System.Runtime.InteropServices;

namespace PSToyVmm.Engine.Virtio.Net;

/// <summary>What begins every frame, in both directions (virtio 1.2, 5.1.6): as Linux's tap has it, too.</summary>
[NativeName("struct virtio_net_hdr_v1", "linux/virtio_net.h")]
struct NetHeader
{
    public const int Size = 12, BuffersAt = 10;
    public const byte NeedsChecksum = 1;
    public const byte None = 0, TcpV4 = 1, Udp = 3, TcpV6 = 4, UdpSegments = 5, Congestion = 0x80;

    public byte Flags;
    [NativeField("gso_type")] public byte SegmentType;
    [NativeField("hdr_len")] public ushort HeaderLength;
    [NativeField("gso_size")] public ushort SegmentSize;
    [NativeField("csum_start")] public ushort ChecksumStart;
    [NativeField("csum_offset")] public ushort ChecksumOffset;
    [NativeField("num_buffers")] public ushort Buffers;
}

/// <summary>The configuration space (5.1.4), up to what is offered of it.</summary>
[StructLayout(LayoutKind.Explicit, Size = 12), NativeName("struct virtio_net_config", "linux/virtio_net.h", Partial = true)]
struct NetConfig
{
    public const ushort LinkUp = 1;

    // The hardware address comes first: bytes, which nobody reads as a number.
    [FieldOffset(6)] public ushort Status;
    [FieldOffset(8), NativeField("max_virtqueue_pairs")] public ushort QueuePairs;
    [FieldOffset(10)] public ushort Mtu;
}

/// <summary>VIRTIO_NET_F_*. "Guest" is what the driver takes, "Host" what the device does.</summary>
static class NetFeature
{
    public const ulong HostChecksum = 1 << 0, GuestChecksum = 1 << 1, Mtu = 1 << 3, Mac = 1 << 5,
        GuestTcp4 = 1 << 7, GuestTcp6 = 1 << 8, GuestCongestion = 1 << 9,
        HostTcp4 = 1 << 11, HostTcp6 = 1 << 12, HostCongestion = 1 << 13, MergeBuffers = 1 << 15, Status = 1 << 16,
        GuestUdp4 = 1ul << 54, GuestUdp6 = 1ul << 55, HostUdp = 1ul << 56;

    /// <summary>Those by which the guest is given frames that no wire would carry.</summary>
    public const ulong GuestSegments = GuestTcp4 | GuestTcp6 | GuestUdp4 | GuestUdp6;
}
