using PSToyVmm.Engine.Memory;

namespace PSToyVmm.Engine.Virtio;

/// <summary>One run of bytes of a buffer: wholly inside guest memory, never empty.</summary>
/// <param name="Address">Where the guest has it.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Host">Where the host has it: for system calls that take addresses (iovec). Valid until the memory is unmapped.</param>
readonly record struct Segment(GuestAddress Address, uint Length, nint Host);
