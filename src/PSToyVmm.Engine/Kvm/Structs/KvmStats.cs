namespace PSToyVmm.Engine.Kvm.Structs;

/// <summary>The head of a statistics descriptor (KVM API, KVM_GET_STATS_FD).</summary>
[NativeName("struct kvm_stats_header", "linux/kvm.h")]
struct KvmStatsHeader
{
    public uint Flags, NameSize, NumDesc, IdOffset, DescOffset, DataOffset;
}

/// <summary>One statistic; its name of <see cref="KvmStatsHeader.NameSize"/> bytes follows.</summary>
[NativeName("struct kvm_stats_desc", "linux/kvm.h")]
struct KvmStatsDescriptor
{
    public uint Flags;
    public short Exponent;
    public ushort Size;
    public uint Offset, BucketSize;

    public uint Type => Flags & 0xf;
    public uint Unit => Flags >> 4 & 0xf;

    public const uint Cumulative = 0, Instant = 1, Peak = 2;
    public const uint UnitNone = 0, UnitBytes = 1, UnitSeconds = 2;
}
