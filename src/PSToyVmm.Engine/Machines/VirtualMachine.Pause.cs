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
        {
            try
            {
                while (FindRun(willSuspend: true) is { } run)
                    if (run.Hold() && TryEnterPaused(run))
                        return;
            }
            finally
            {
                lock (_gate) _suspending = false;
            }
        }
    }

    /// <summary>Lets the vCPUs go on where they were held. Does nothing on a machine that runs.</summary>
    /// <exception cref="VmException">VmNotRunning.</exception>
    public void Resume()
    {
        lock (_holding)
            lock (_gate)
            {
                MachineRun? run = FindRun(willSuspend: false);
                if (run is null || _state != MachineState.Paused) return;
                (_startedAt, _pausedAt) = (_startedAt + Stopwatch.GetTimestamp() - _pausedAt, 0);
                Enter(MachineState.Running, "Running.");
                run.Release();
            }
    }

    // The run whose vCPUs can be held or let go; null where there is nothing to do as it is held. One that is on its way
    // to its end, or to its start, is waited for.
    MachineRun? FindRun(bool willSuspend)
    {
        lock (_gate)
        {
            _suspending = willSuspend;
            while (_state is MachineState.Starting or MachineState.Stopping || _run is { End: not null }) Monitor.Wait(_gate);
            if (_run is null)
                throw new VmException(VmErrorId.VmNotRunning, VmErrorKind.InvalidState, $"'{Name}' is {_state}; only a machine that runs can be paused and resumed.");
            return willSuspend && _state == MachineState.Paused ? null : _run;
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
