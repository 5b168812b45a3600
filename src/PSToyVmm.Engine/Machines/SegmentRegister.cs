using PSToyVmm.Engine.Kvm.Structs;

namespace PSToyVmm.Engine.Machines;

/// <summary>A segment register with its hidden part.</summary>
/// <param name="Selector">What the guest loaded.</param>
/// <param name="Base">Its first address.</param>
/// <param name="Limit">Its last offset.</param>
/// <param name="Attributes">Access rights as VMX has them: type, S, DPL, P, AVL, L, D/B, G from bit 0 on.</param>
public readonly record struct SegmentRegister(ushort Selector, ulong Base, uint Limit, ushort Attributes)
{
    internal static SegmentRegister Of(in KvmSegment segment) => new(segment.Selector, segment.Base, segment.Limit, (ushort)(
        segment.Type | segment.S << 4 | segment.Dpl << 5 | segment.Present << 7 | segment.Avl << 12 | segment.L << 13 | segment.Db << 14 | segment.G << 15));

    /// <summary>All of it in hexadecimal.</summary>
    public override string ToString() => $"{Selector:x4} base={Base:x16} limit={Limit:x8} attributes={Attributes:x4}";
}

/// <summary>GDTR or IDTR.</summary>
/// <param name="Base">The table's address.</param>
/// <param name="Limit">Its last offset.</param>
public readonly record struct TableRegister(ulong Base, ushort Limit)
{
    /// <summary>All of it in hexadecimal.</summary>
    public override string ToString() => $"{Base:x16} limit={Limit:x4}";
}
