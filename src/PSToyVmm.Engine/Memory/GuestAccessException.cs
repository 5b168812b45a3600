namespace PSToyVmm.Engine.Memory;

/// <summary>An access that does not lie wholly inside one region of guest RAM. Devices turn it into a guest's fault, never a host's.</summary>
public sealed class GuestAccessException(GuestAddress at, long length)
    : Exception($"0x{at.Value:x} + 0x{length:x} is not inside guest memory")
{
    /// <summary>Where the access would have begun.</summary>
    public GuestAddress Address { get; } = at;

    /// <summary>Its length in bytes; may be negative when a caller's arithmetic went wrong.</summary>
    public long Length { get; } = length;
}
