namespace PSToyVmm.Engine.Memory;

/// <summary>A guest-physical address.</summary>
public readonly record struct GuestAddress(ulong Value) : IComparable<GuestAddress>
{
    /// <summary>The address <paramref name="offset"/> bytes on.</summary>
    /// <exception cref="OverflowException">The sum passes 2^64.</exception>
    public static GuestAddress operator +(GuestAddress at, ulong offset) => new(checked(at.Value + offset));

    /// <summary>Orders by value.</summary>
    public int CompareTo(GuestAddress other) => Value.CompareTo(other.Value);

    /// <summary>Hexadecimal, as the kernel prints addresses.</summary>
    public override string ToString() => $"0x{Value:x}";

#pragma warning disable CS1591
    public static bool operator <(GuestAddress a, GuestAddress b) => a.Value < b.Value;
    public static bool operator >(GuestAddress a, GuestAddress b) => a.Value > b.Value;
    public static bool operator <=(GuestAddress a, GuestAddress b) => a.Value <= b.Value;
    public static bool operator >=(GuestAddress a, GuestAddress b) => a.Value >= b.Value;
#pragma warning restore CS1591
}
