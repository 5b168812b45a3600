using System.Diagnostics;

namespace PSToyVmm.Engine.Machines;

/// <content>
/// How its vCPUs are held, and let go. Its devices' threads go on: what the guest asked for before is done, and what comes
/// for it waits where it would wait for a busy guest. The guest's clocks are the host's, and go on too.
/// </content>
public sealed partial class VirtualMachine
{
    readonly Lock _holding = new(); // held by whoever holds vCPUs, or lets them go; taken before _gate

    /// <summary>
    /// Holds every vCPU between two instructions, and returns once they are. A machine that is about to start, or to start
    /// again, is waited for and does not get further than its first instructions. Does nothing on one that is paused.
    /// </summary>
    /// <exception cref="VmException">VmNotRunning.</exception>
    public void Suspend()
    {
        lock (_holding)
            HoldUntil(run => State == MachineState.Paused || TryEnterPaused(run));
    }

    /// <summary>Lets the vCPUs go on where they were held. Does nothing on a machine that runs.</summary>
    /// <exception cref="VmException">VmNotRunning.</exception>
    public void Resume()
    {
        lock (_holding)
            lock (_gate)
            {
                MachineRun run = FindRun();
                if (_state != MachineState.Paused) return;
                (_startedAt, _pausedAt) = (_startedAt + Stopwatch.GetTimestamp() - _pausedAt, 0);
                Enter(MachineState.Running, "Running.");
                run.Release();
            }
    }

    // Looks at vCPUs that are held: anyway, where the machine is paused, and else for so long.
    T WhileHeld<T>(Func<MachineRun, T> look)
    {
        lock (_holding)
        {
            T? seen = default;
            HoldUntil(run => run.TryUse(look, out seen));
            return seen!;
        }
    }

    // With _holding held: holds a run's vCPUs, and the next one's where that ended before the work was done.
    // They go on after it unless the machine is paused then.
    void HoldUntil(Func<MachineRun, bool> tryWork)
    {
        lock (_gate) _holdsNext = true;
        try
        {
            MachineRun run;
            do run = FindRun();
            while (!run.Hold() || !tryWork(run));
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
    MachineRun FindRun()
    {
        lock (_gate)
        {
            while (_state is MachineState.Starting or MachineState.Stopping || _run is { End: not null }) Monitor.Wait(_gate);
            return _run ?? throw new VmException(VmErrorId.VmNotRunning, VmErrorKind.InvalidState, $"'{Name}' is {_state}; it has to run or to be paused.");
        }
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

    // With the gate held.
    TimeSpan ReadUptime() => _startedAt == 0 ? _lastUptime : Stopwatch.GetElapsedTime(_startedAt, _pausedAt == 0 ? Stopwatch.GetTimestamp() : _pausedAt);
}
