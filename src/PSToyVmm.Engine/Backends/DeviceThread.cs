using PSToyVmm.Engine.Native;
using PSToyVmm.Engine.Virtio;

namespace PSToyVmm.Engine.Backends;

/// <summary>
/// A virtio device's own thread. It sleeps until a queue is notified (an eventfd each, which KVM signals without leaving the
/// guest for long), a source of the device's is ready or its time has come, and gives the device its turns.
/// </summary>
sealed class DeviceThread : IDisposable
{
    readonly VirtioControl _control;
    readonly Action<Exception> _failed;
    readonly EventFd[] _queues;
    readonly EventFd _stop = new();
    readonly PollSet _waits;
    readonly Thread _thread;
    readonly int _firstSource, _sources;
    volatile bool _stopping;

    /// <summary>Makes it; <see cref="Start"/> lets it run.</summary>
    /// <param name="control">The device's.</param>
    /// <param name="name">Shown to whoever lists threads: <c>ToyVm web rng</c>.</param>
    /// <param name="failed">Called on the thread when the device threw, which no guest should be able to make it do. The thread has ended then.</param>
    public DeviceThread(VirtioControl control, string name, Action<Exception> failed)
    {
        (_control, _failed) = (control, failed);
        _queues = [.. control.Device.QueueSizes.Select(_ => new EventFd())];
        (_firstSource, _sources) = (1 + _queues.Length, control.Device.Sources.Count);
        _waits = new([_stop, .. _queues, .. control.Device.Sources]);
        _thread = new(Run) { IsBackground = true, Name = name };
        control.Notified = queue => _queues[queue].Signal();
    }

    /// <summary>Signalling one of these notifies that queue.</summary>
    public IReadOnlyList<EventFd> Queues => _queues;

    /// <summary>What the thread costs.</summary>
    public ThreadMeter Meter { get; } = new();

    /// <summary>Lets it run.</summary>
    public void Start() => _thread.Start();

    /// <summary>Ends it and closes its eventfds. When this returns, it touches neither device nor guest memory any more. Idempotent.</summary>
    public void Dispose()
    {
        _stopping = true;
        if (!_stop.IsClosed) _stop.Signal();
        if ((_thread.ThreadState & ThreadState.Unstarted) == 0) _thread.Join();
        _control.Notified = static _ => { };
        _waits.Dispose();
        foreach (EventFd queue in _queues) queue.Dispose();
        _stop.Dispose();
    }

    void Run()
    {
        Meter.Begin();
        try
        {
            // Notifications that came before there was a thread are forgotten by nobody: every queue has a first turn.
            ulong due = (1ul << _queues.Length) - 1;
            while (!_stopping)
            {
                Wait(mayWait: due == 0);
                for (int i = 0; i < _queues.Length; i++)
                    if (_waits.IsReady(1 + i) && _queues[i].TryReset())
                        due |= 1ul << i;
                due = RunTurns(due);
            }
        }
        catch (Exception e) // the outermost frame of a device: whatever it threw ends its machine, not the process
        {
            _failed(e);
        }
        finally
        {
            Meter.End();
        }
    }

    void Wait(bool mayWait)
    {
        for (int i = 0; i < _sources; i++) _waits.Await(_firstSource + i, (short)_control.Awaits(i));
        _waits.Wait(mayWait ? _control.TimeUntilTimer() : TimeSpan.Zero);
    }

    ulong RunTurns(ulong due)
    {
        ulong again = 0;
        for (int i = 0; i < _queues.Length; i++)
            if ((due >> i & 1) != 0)
                again |= _control.RunQueue(i);
        for (int i = 0; i < _sources; i++)
            if (_waits.IsReady(_firstSource + i))
                again |= _control.RunSource(i);
        return again | _control.RunTimer();
    }
}
