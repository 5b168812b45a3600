namespace PSToyVmm;

/// <summary>
/// Events on their way to a subscriber, in order. They are told on the pool, with no thread that waits for a subscriber who is
/// behind; of what comes meanwhile the oldest is dropped, and the event that is told next has the number.
/// </summary>
/// <param name="source">Whose they are.</param>
/// <param name="tell">Tells one.</param>
/// <typeparam name="T">What they tell.</typeparam>
sealed class Backlog<T>(VmEventSource source, Action<T> tell) : IDisposable where T : VmEventArgs
{
    const int Most = SubscriberQueue.MostWaiting;

    readonly Queue<T> _waiting = [];
    readonly CancellationTokenSource _stop = new();
    long _lost;
    bool _isTelling;

    /// <summary>Another one.</summary>
    public void Add(T what)
    {
        lock (_waiting)
        {
            if (_waiting.Count == Most)
            {
                _waiting.Dequeue();
                _lost++;
            }
            _waiting.Enqueue(what);
            if (_isTelling) return;
            _isTelling = true;
        }
        _ = Task.Run(TellAllAsync);
    }

    /// <summary>Nobody is told any more. Waits for nobody.</summary>
    public void Dispose() => _stop.Cancel(); // not disposed of: whoever tells looks at it, and it holds nothing

    async Task TellAllAsync()
    {
        try
        {
            while (true)
            {
                if (source.Queue is { } queue) await queue.EnterAsync(_stop.Token).ConfigureAwait(false);
                if (_stop.IsCancellationRequested || Next() is not { } next) return;
                Tell(next);
            }
        }
        catch (OperationCanceledException)
        {
            // the subscription has ended
        }
    }

    void Tell(T what)
    {
        try
        {
            tell(what);
        }
        catch (Exception)
        {
            // The outermost frame of this work: a session that has been closed hears nothing, which is no reason to stop.
        }
    }

    T? Next()
    {
        lock (_waiting)
        {
            _isTelling = _waiting.TryDequeue(out T? next);
            if (next is null) return null;
            (next.LostEvents, _lost) = (_lost, 0);
            return next;
        }
    }
}
