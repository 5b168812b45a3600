using System.Management.Automation;

namespace PSToyVmm;

/// <summary>
/// How far behind a subscriber is. PowerShell queues events without a bound, and a guest can write lines for ever, so somebody has
/// to look. Events that wait to be fetched can be counted. Those that wait for an action cannot, but actions are run
/// in order: among them go marks, whose action takes back their count.
/// </summary>
sealed class SubscriberQueue
{
    const int BetweenMarks = 100;

    readonly PSEventManager _events;
    readonly string _identifier, _mark = Guid.NewGuid().ToString();
    readonly bool _hasAction;
    readonly PSObject _takeBack;
    int _told, _marks;

    /// <summary>That of a subscriber.</summary>
    /// <param name="events">Its session's.</param>
    /// <param name="subscriber">It.</param>
    public SubscriberQueue(PSEventManager events, PSEventSubscriber subscriber)
    {
        (_events, _identifier, _hasAction) = (events, subscriber.SourceIdentifier, subscriber.Action is not null);
        _takeBack = new(new Action(() => Interlocked.Decrement(ref _marks)));
        if (!_hasAction) return;
        PSEventSubscriber mark = events.SubscribeEvent(null, null, _mark, null, ScriptBlock.Create("$Event.MessageData.Invoke()"), supportEvent: true, forwardEvent: false);
        subscriber.Unsubscribed += (_, _) => events.UnsubscribeEvent(mark);
    }

    /// <summary>So many events wait for the subscriber, give or take a mark; then those who tell it wait.</summary>
    public const int MostWaiting = 1_000;

    static readonly TimeSpan s_glance = TimeSpan.FromMilliseconds(100);

    /// <summary>An event is about to be raised. Waits while too many others wait.</summary>
    public void Enter(CancellationToken stop)
    {
        if (!IsTimeToLook()) return;
        while (Count > MostWaiting && !stop.WaitHandle.WaitOne(s_glance)) { }
        stop.ThrowIfCancellationRequested();
    }

    /// <summary>The same, without a thread that waits.</summary>
    public async Task EnterAsync(CancellationToken stop)
    {
        if (!IsTimeToLook()) return;
        while (Count > MostWaiting) await Task.Delay(s_glance, stop).ConfigureAwait(false);
    }

    bool IsTimeToLook()
    {
        if (Interlocked.Increment(ref _told) % BetweenMarks != 0) return false;
        if (_hasAction)
        {
            Interlocked.Increment(ref _marks);
            _events.GenerateEvent(_mark, this, [], _takeBack, processInCurrentThread: true, waitForCompletionInCurrentThread: false);
        }
        return true;
    }

    int Count
    {
        get
        {
            if (_hasAction) return Volatile.Read(ref _marks) * BetweenMarks;
            lock (_events.ReceivedEvents.SyncRoot) return _events.ReceivedEvents.Count(waiting => waiting.SourceIdentifier == _identifier);
        }
    }
}
