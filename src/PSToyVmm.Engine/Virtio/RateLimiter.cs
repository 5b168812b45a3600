namespace PSToyVmm.Engine.Virtio;

/// <summary>Holds a device to a <see cref="RateLimit"/>. For the device's thread; the limit can be changed from any other.</summary>
sealed class RateLimiter(RateLimit limit, TimeProvider clock)
{
    volatile RateLimit _wanted = limit;
    RateLimit _limit = RateLimit.None;
    TokenBucket? _bytes, _operations;

    /// <summary>What it is held to. A change begins with a full burst.</summary>
    public RateLimit Limit
    {
        get => _wanted;
        set => _wanted = value;
    }

    /// <summary>How long the next request has to wait; zero where it may pass now.</summary>
    public TimeSpan Delay()
    {
        if (!ReferenceEquals(_limit, _wanted)) Adopt(_wanted);
        TimeSpan bytes = _bytes?.Delay() ?? TimeSpan.Zero, operations = _operations?.Delay() ?? TimeSpan.Zero;
        return bytes > operations ? bytes : operations;
    }

    /// <summary>Counts a request that has passed.</summary>
    public void Charge(long bytes)
    {
        _bytes?.Charge(bytes);
        _operations?.Charge(1);
    }

    void Adopt(RateLimit limit)
    {
        _limit = limit;
        _bytes = Bucket(limit.BytesPerSecond, limit.BurstBytes);
        _operations = Bucket(limit.OperationsPerSecond, limit.BurstOperations);
    }

    TokenBucket? Bucket(long perSecond, long burst) => perSecond == 0 ? null : new(perSecond, burst == 0 ? perSecond : burst, clock);
}
