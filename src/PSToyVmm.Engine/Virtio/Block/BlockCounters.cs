namespace PSToyVmm.Engine.Virtio.Block;

/// <summary>What a block device has done since it was made. Written by its thread alone; others read whole numbers.</summary>
sealed class BlockCounters
{
    public long Reads, Writes, BytesRead, BytesWritten, Flushes, Discards;

    /// <summary>Requests that the host failed: the guest got an error for each.</summary>
    public long Errors;

    /// <summary>Requests refused as they cannot be: outside the disk, malformed, of no type that was offered.</summary>
    public long Rejected;

    /// <summary>How often a request had to wait for the rate limit.</summary>
    public long Throttled;

    /// <summary>The host's error number of the last of <see cref="Errors"/>.</summary>
    public int LastError;

    /// <summary>A reading, by the names that users see.</summary>
    public IReadOnlyList<(string Name, long Value)> Read() =>
    [
        ("Reads", Reads), ("Writes", Writes), ("BytesRead", BytesRead), ("BytesWritten", BytesWritten), ("Flushes", Flushes), ("Discards", Discards),
        ("Errors", Errors), ("LastErrno", LastError), ("Rejected", Rejected), ("Throttled", Throttled),
    ];
}
