namespace PSToyVmm.Engine.Memory;

/// <summary>One run of guest RAM that is contiguous in both guest-physical and host-virtual addresses.</summary>
public sealed class GuestRegion
{
    internal GuestRegion(GuestAddress start, ulong size, nint hostAddress) => (Start, Size, HostAddress) = (start, size, hostAddress);

    /// <summary>First guest-physical address.</summary>
    public GuestAddress Start { get; }

    /// <summary>Bytes.</summary>
    public ulong Size { get; }

    /// <summary>First address past the region.</summary>
    public GuestAddress End => Start + Size;

    /// <summary>Where the host has it mapped; only KVM's memory slots may be told.</summary>
    internal nint HostAddress { get; }
}
