using PSToyVmm.Engine.Memory;

namespace PSToyVmm.Engine.Boot;

/// <summary>A run of guest memory that the kernel occupies: bytes of its file, then zeros.</summary>
readonly record struct KernelSegment(GuestAddress Start, ulong Size, long FileOffset, long FileSize)
{
    /// <summary>First address past it; the parsers let no segment pass 2^64.</summary>
    public ulong End => Start.Value + Size;
}
