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

    /// <summary>An event is about to be raised. Waits while more than <paramref name="most"/> others wait.</summary>
    public void Enter(int most, CancellationToken stop)
    {
        if (Interlocked.Increment(ref _told) % BetweenMarks != 0) return;
        if (_hasAction)
        {
            Interlocked.Increment(ref _marks);
            _events.GenerateEvent(_mark, this, [], _takeBack, processInCurrentThread: true, waitForCompletionInCurrentThread: false);
        }
        while (Count > most && !stop.WaitHandle.WaitOne(100)) { }
        stop.ThrowIfCancellationRequested();
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
