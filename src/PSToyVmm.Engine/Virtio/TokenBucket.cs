namespace PSToyVmm.Engine.Virtio;

/// <summary>
/// A budget that fills at a rate up to a burst. What is asked for may be more than there is: it is allowed as soon as
/// one token is there, and the debt is worked off before the next. So the rate holds on average for requests of any size,
/// and none is too large ever to pass. (Firecracker's rate limiter calls this overconsumption.)
/// </summary>
sealed class TokenBucket(long perSecond, long burst, TimeProvider clock)
{
    long _filled = clock.GetTimestamp();
    double _tokens = burst;

    /// <summary>How long until something may pass; zero where it may now.</summary>
    public TimeSpan Delay()
    {
        Fill();
        return _tokens >= 1 ? TimeSpan.Zero : TimeSpan.FromSeconds((1 - _tokens) / perSecond);
    }

    /// <summary>Takes what has passed.</summary>
    public void Charge(long amount) => _tokens -= amount;

    void Fill()
    {
        long now = clock.GetTimestamp();
        _tokens = Math.Min(burst, _tokens + (clock.GetElapsedTime(_filled, now).TotalSeconds * perSecond));
        _filled = now;
    }
}
