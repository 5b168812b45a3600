namespace PSToyVmm.Engine.Vcpus;

/// <summary>
/// What a vCPU's loop is asked for, in one word that it reads before each entry, and where it waits while it is held. The
/// lock is taken only by those who ask, and by the loop once it was asked.
/// </summary>
sealed class VcpuRequests
{
    const int StopBit = 1, HoldBit = 2;

    readonly object _gate = new();
    volatile int _pending;
    bool _isHeld;

    /// <summary>Whether the loop is asked for anything.</summary>
    public bool Any => _pending != 0;

    /// <summary>Whether it is to end. That is never taken back.</summary>
    public bool IsToStop => (_pending & StopBit) != 0;

    public void Stop()
    {
        lock (_gate)
        {
            _pending |= StopBit;
            Monitor.PulseAll(_gate);
        }
    }

    public void Hold()
    {
        lock (_gate) _pending |= HoldBit;
    }

    public void Release()
    {
        lock (_gate)
        {
            _pending &= ~HoldBit;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>On any other thread, after <see cref="Hold"/>.</summary>
    /// <returns>False when the loop is to end instead.</returns>
    public bool WaitUntilHeld(CancellationToken stop)
    {
        using CancellationTokenRegistration wake = stop.Register(() => { lock (_gate) Monitor.PulseAll(_gate); });
        lock (_gate)
        {
            while (!_isHeld && !IsToStop)
            {
                stop.ThrowIfCancellationRequested();
                Monitor.Wait(_gate);
            }
            return !IsToStop;
        }
    }

    /// <summary>On the loop's thread: waits for as long as it is to be held. The vCPU's registers are others' to read meanwhile.</summary>
    public void WaitWhileHeld()
    {
        lock (_gate)
        {
            _isHeld = true;
            Monitor.PulseAll(_gate);
            while (_pending == HoldBit) Monitor.Wait(_gate);
            _isHeld = false;
        }
    }
}
