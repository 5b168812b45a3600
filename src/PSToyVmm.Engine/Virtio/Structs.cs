namespace PSToyVmm.Engine.Virtio;

/// <summary>An element of a descriptor table (virtio 1.2, 2.7.5). Little-endian, as the processor is.</summary>
[NativeName("struct vring_desc", "linux/virtio_ring.h")]
struct Descriptor
{
    [NativeField("addr")] public ulong Address;
    [NativeField("len")] public uint Length;
    public ushort Flags;
    public ushort Next;

    public const uint Size = 16;
    public const ushort HasNext = 1, IsWritable = 2, IsIndirect = 4;
}

/// <summary>An element of a used ring (virtio 1.2, 2.7.8).</summary>
[NativeName("struct vring_used_elem", "linux/virtio_ring.h")]
struct UsedElement
{
    [NativeField("id")] public uint Head;
    [NativeField("len")] public uint Written;

    public const uint Size = 8;
}
