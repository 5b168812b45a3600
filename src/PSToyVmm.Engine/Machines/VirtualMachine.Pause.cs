using System.Diagnostics;

namespace PSToyVmm.Engine.Machines;

/// <content>
/// How its vCPUs are held, and let go. Its devices' threads go on: what the guest asked for before is done, and what comes
/// for it waits where it would wait for a busy guest. The guest's clocks are the host's, and go on too.
/// </content>
public sealed partial class VirtualMachine
{
    bool _isHolding; // whether somebody holds vCPUs, or lets them go, and others wait; guarded by _gate

    /// <summary>
    /// Holds every vCPU between two instructions, and returns once they are. A machine that is about to start, or to start
    /// again, is waited for and does not get further than its first instructions. Does nothing on one that is paused.
    /// </summary>
    /// <param name="stop">Ends the wait, also for somebody who holds the vCPUs for long, such as a dump of memory.</param>
    /// <exception cref="VmException">VmNotRunning.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was cancelled; it is not paused by this.</exception>
    public void Suspend(CancellationToken stop = default) =>
        Alone(() => HoldUntil(run => State == MachineState.Paused || TryEnterPaused(run), stop), stop);

    /// <summary>Lets the vCPUs go on where they were held. Does nothing on a machine that runs.</summary>
    /// <param name="stop">Ends the wait, as in <see cref="Suspend"/>.</param>
    /// <exception cref="VmException">VmNotRunning.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was cancelled.</exception>
    public void Resume(CancellationToken stop = default) => Alone(() =>
    {
        while (!TryLeavePaused(FindRun(stop)))
        {
        }
    }, stop);

    /// <summary>Looks at vCPUs that are held: anyway, where the machine is paused, and else for so long.</summary>
    internal T WhileHeld<T>(Func<MachineRun, T> look, CancellationToken stop)
    {
        T? seen = default;
        Alone(() => HoldUntil(run => run.TryUse(look, out seen), stop), stop);
        return seen!;
    }

    // One at a time holds vCPUs or lets them go. The others' waits end when they are to stop.
    void Alone(Action work, CancellationToken stop)
    {
        WaitUntil(() => !_isHolding && (_isHolding = true), Timeout.InfiniteTimeSpan, stop);
        try
        {
            work();
        }
        finally
        {
            lock (_gate)
            {
                _isHolding = false;
                Monitor.PulseAll(_gate);
            }
        }
    }

    // Alone: holds a run's vCPUs, and the next one's where that ended before the work was done.
    // They go on after it unless the machine is paused then.
    void HoldUntil(Func<MachineRun, bool> tryWork, CancellationToken stop)
    {
        lock (_gate) _holdsNext = true;
        try
        {
            MachineRun run;
            do run = FindRun(stop);
            while (!run.Hold(stop) || !tryWork(run));
        }
        finally
        {
            lock (_gate)
            {
                // The current run, whichever it is: one that began after FindRun gave up was asked to hold, too.
                _holdsNext = false;
                if (_state != MachineState.Paused) _run?.Release();
            }
        }
    }

    // The run whose vCPUs can be held or let go. One that is on its way to its end, or to its start, is waited for.
    MachineRun FindRun(CancellationToken stop)
    {
        MachineRun? run = null;
        WaitUntil(() => _state is not (MachineState.Starting or MachineState.Stopping) && (run = _run) is not { End: not null }, Timeout.InfiniteTimeSpan, stop);
        return run ?? throw new VmException(VmErrorId.VmNotRunning, VmErrorKind.InvalidState, $"'{Name}' is {State}; it has to run or to be paused.");
    }

    bool TryEnterPaused(MachineRun run)
    {
        lock (_gate)
        {
            if (_run != run || run.End is not null) return false; // somebody ended it meanwhile
            foreach (MachineRun.Vcpu vcpu in run.Vcpus) vcpu.Handle.TellPaused();
            _pausedAt = Stopwatch.GetTimestamp();
            Enter(MachineState.Paused, "Paused.");
            return true;
        }
    }

    bool TryLeavePaused(MachineRun run)
    {
        lock (_gate)
        {
            if (_run != run || run.End is not null) return false; // as above
            if (_state != MachineState.Paused) return true;
            (_startedAt, _pausedAt) = (_startedAt + Stopwatch.GetTimestamp() - _pausedAt, 0);
            Enter(MachineState.Running, "Running.");
            run.Release();
            return true;
        }
    }

    // With the gate held.
    TimeSpan ReadUptime() => _startedAt == 0 ? _lastUptime : Stopwatch.GetElapsedTime(_startedAt, _pausedAt == 0 ? Stopwatch.GetTimestamp() : _pausedAt);
}
