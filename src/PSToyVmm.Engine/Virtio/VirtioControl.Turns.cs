namespace PSToyVmm.Engine.Virtio;

/// <content>What the device's thread calls. Each turn returns a bit for each queue that wants another one.</content>
sealed partial class VirtioControl
{
    /// <summary>Queues that a device can have, for their bits are in a word.</summary>
    public const int MostQueues = 63;

    /// <summary>A queue's turn.</summary>
    public ulong RunQueue(int queue)
    {
        lock (_gate)
        {
            if (!BeginTurn()) return 0;
            Device.OnQueue(queue);
            return EndTurn();
        }
    }

    /// <summary>A source's turn.</summary>
    public ulong RunSource(int source)
    {
        lock (_gate)
        {
            if (!BeginTurn()) return 0;
            Device.OnSource(source);
            return EndTurn();
        }
    }

    /// <summary>The timer's turn, if it is due.</summary>
    public ulong RunTimer()
    {
        lock (_gate)
        {
            if (!IsStarted || Device.TimeUntilTimer() is not { } left || left > TimeSpan.Zero || !BeginTurn()) return 0;
            Device.OnTimer();
            return EndTurn();
        }
    }

    /// <summary>What to wait for at a source.</summary>
    public SourceEvents Awaits(int source)
    {
        lock (_gate) return IsStarted ? Device.Awaits(source) : SourceEvents.None;
    }

    /// <summary>How long to wait at the most; null for as long as nothing comes.</summary>
    public TimeSpan? TimeUntilTimer()
    {
        lock (_gate) return IsStarted ? Device.TimeUntilTimer() : null;
    }

    bool BeginTurn()
    {
        if (!IsStarted) return false;
        foreach (Virtqueue? queue in _queues) queue?.BeginTurn();
        return true;
    }

    ulong EndTurn()
    {
        ulong more = 0;
        for (int i = 0; i < _queues.Length; i++)
        {
            if (_queues[i] is not { } queue) continue;
            queue.Flush();
            if (IsStarted && queue.WantsTurn) more |= 1ul << i;
        }
        return more;
    }
}
