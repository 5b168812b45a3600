namespace PSToyVmm.Engine.Virtio.Block;

/// <summary>One request to a backend. The device has checked that it lies inside the capacity.</summary>
/// <param name="Operation">What to do.</param>
/// <param name="Tag">Comes back with the completion.</param>
/// <param name="Offset">Bytes from the disk's beginning.</param>
/// <param name="Length">Bytes; of a transfer, those of its vectors together.</param>
/// <param name="Vectors">Address of a transfer's first <see cref="IoVector"/>; they are the backend's, to change too, until completion.</param>
/// <param name="VectorCount">How many.</param>
readonly record struct BlockRequest(BlockOperation Operation, int Tag, ulong Offset, ulong Length, nint Vectors = 0, int VectorCount = 0);

/// <summary>How a request ended.</summary>
/// <param name="Tag">The request's.</param>
/// <param name="Error">0, or the host's error number.</param>
readonly record struct BlockCompletion(int Tag, int Error);
