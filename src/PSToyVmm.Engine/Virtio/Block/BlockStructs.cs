using System.Runtime.InteropServices;

namespace PSToyVmm.Engine.Virtio.Block;

/// <summary>What begins every request (virtio 1.2, 5.2.6).</summary>
[NativeName("struct virtio_blk_outhdr", "linux/virtio_blk.h")]
struct BlockRequestHeader
{
    public BlockRequestType Type;
    [NativeField("ioprio")] public uint Priority;
    public ulong Sector;
}

/// <summary>VIRTIO_BLK_T_*.</summary>
enum BlockRequestType : uint
{
    In = 0,
    Out = 1,
    Flush = 4,
    GetId = 8,
    Discard = 11,
    WriteZeroes = 13,
}

/// <summary>VIRTIO_BLK_S_*.</summary>
enum BlockStatus : byte
{
    Ok = 0,
    IoError = 1,
    Unsupported = 2,
}

/// <summary>A range to discard or to fill with zeroes.</summary>
[NativeName("struct virtio_blk_discard_write_zeroes", "linux/virtio_blk.h")]
struct BlockRange
{
    public const uint Unmap = 1;

    public ulong Sector;
    [NativeField("num_sectors")] public uint Sectors;
    public uint Flags;
}

/// <summary>The configuration space (5.2.4), up to what is offered of it.</summary>
[StructLayout(LayoutKind.Explicit, Size = 60), NativeName("struct virtio_blk_config", "linux/virtio_blk.h", Partial = true)]
struct BlockConfig
{
    /// <summary>Where the one byte is that a driver may write.</summary>
    public const int WritebackAt = 32;

    [FieldOffset(0), NativeField("capacity")] public ulong Sectors;
    [FieldOffset(12)] public uint SegMax;
    [FieldOffset(20), NativeField("blk_size")] public uint BlockSize;
    [FieldOffset(24)] public byte PhysicalBlockExp;
    [FieldOffset(26)] public ushort MinIoSize;
    [FieldOffset(WritebackAt), NativeField("wce")] public byte Writeback;
    [FieldOffset(36)] public uint MaxDiscardSectors;
    [FieldOffset(40)] public uint MaxDiscardSeg;
    [FieldOffset(44)] public uint DiscardSectorAlignment;
    [FieldOffset(48)] public uint MaxWriteZeroesSectors;
    [FieldOffset(52)] public uint MaxWriteZeroesSeg;
    [FieldOffset(56)] public byte WriteZeroesMayUnmap;
}

/// <summary>VIRTIO_BLK_F_*.</summary>
static class BlockFeature
{
    public const ulong SegmentMaximum = 1 << 2, ReadOnly = 1 << 5, BlockSize = 1 << 6, Flush = 1 << 9, Topology = 1 << 10,
        ConfigWriteback = 1 << 11, Discard = 1 << 13, WriteZeroes = 1 << 14;
}
