namespace PSToyVmm.Engine.Virtio;

/// <summary>How much a device may do; 0 is without limit.</summary>
/// <param name="BytesPerSecond">Bandwidth on average.</param>
/// <param name="OperationsPerSecond">Requests on average.</param>
/// <param name="BurstBytes">Bytes at once after a pause; 0 for those of a second.</param>
/// <param name="BurstOperations">Requests at once after a pause; 0 for those of a second.</param>
sealed record RateLimit(long BytesPerSecond = 0, long OperationsPerSecond = 0, long BurstBytes = 0, long BurstOperations = 0)
{
    /// <summary>No limit at all.</summary>
    public static RateLimit None { get; } = new();

    /// <summary>What contradicts itself; null where nothing does.</summary>
    internal string? Fault =>
        BytesPerSecond < 0 || OperationsPerSecond < 0 || BurstBytes < 0 || BurstOperations < 0 ? "a limit is a number from 0, which is without limit, on"
        : BurstBytes > 0 && BytesPerSecond == 0 ? $"a burst of {BurstBytes} bytes needs a number of bytes per second"
        : BurstOperations > 0 && OperationsPerSecond == 0 ? $"a burst of {BurstOperations} operations needs a number of operations per second"
        : null;
}
