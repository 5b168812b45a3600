namespace PSToyVmm.Engine.Virtio;

/// <summary>All of a queue that is not in guest memory.</summary>
/// <param name="Size">Descriptors, as the driver chose.</param>
/// <param name="IsReady">Whether the driver has switched it on.</param>
/// <param name="Table">The descriptor table's address.</param>
/// <param name="Available">The available ring's ("driver area").</param>
/// <param name="Used">The used ring's ("device area").</param>
/// <param name="NextAvailable">The index of the buffer that comes next.</param>
/// <param name="NextUsed">The index at which the next used one goes.</param>
readonly record struct VirtqueueState(uint Size, bool IsReady, ulong Table, ulong Available, ulong Used, ushort NextAvailable = 0, ushort NextUsed = 0);
