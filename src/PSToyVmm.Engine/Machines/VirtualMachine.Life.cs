using System.Diagnostics;

namespace PSToyVmm.Engine.Machines;

/// <content>How it starts, is asked to end, ends, and starts again.</content>
public sealed partial class VirtualMachine
{
    static readonly TimeSpan s_longestWait = TimeSpan.FromDays(1);

    /// <summary>What is to happen when the current run ends.</summary>
    enum AfterEnd
    {
        /// <summary>What the configuration says of a reset; off after anything else.</summary>
        AsConfigured,
        Off,
        Restart,
    }

    /// <summary>Lays out memory, loads the kernel, makes the vCPUs and lets them run. Returns once they do.</summary>
    /// <exception cref="VmException">VmAlreadyRunning, VmRemoved, or what is wrong with the files, the memory or the host.</exception>
    public void Start()
    {
        lock (_gate)
        {
            if (_disposed) throw new VmException(VmErrorId.VmRemoved, VmErrorKind.InvalidState, $"'{Name}' has been removed.");
            if (_state is not (MachineState.Off or MachineState.Faulted))
                throw new VmException(VmErrorId.VmAlreadyRunning, VmErrorKind.InvalidState, _state == MachineState.Paused ? $"'{Name}' is Paused; resume it." : $"'{Name}' is {_state}; stop it before it can be started again.");
            (_stopReason, _fault, _exitCode, _restartFailure) = (StopReason.None, null, null, null);
            (_afterEnd, _restartCount) = (AfterEnd.AsConfigured, 0);
            Enter(MachineState.Starting, "Starting.");
        }
        try
        {
            _consoles.Reopen();
            Launch("Running.");
        }
        catch (Exception e)
        {
            _consoles.Complete();
            lock (_gate) Enter(MachineState.Off, $"Could not start: {e.Message}");
            throw;
        }
    }

    /// <summary>
    /// Asks the guest to shut down and waits: by ACPI, and, when half of the time is over or nobody listens there, by
    /// Ctrl+Alt+Del. Returns at once when nobody listens at all. A guest that has not ended still runs.
    /// </summary>
    /// <exception cref="VmException">VmNotRunning; VmPaused: a guest that is held cannot answer.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was cancelled; the guest may still shut down.</exception>
    public ShutdownOutcome TryShutDown(TimeSpan timeout, CancellationToken stop) => AskToEnd(AfterEnd.Off, timeout, stop);

    /// <summary>The same, and the machine starts again in place when its guest has ended.</summary>
    /// <exception cref="VmException">VmNotRunning, VmPaused; or it could not be started again, and is off.</exception>
    /// <inheritdoc cref="TryShutDown"/>
    public ShutdownOutcome TryRestart(TimeSpan timeout, CancellationToken stop) => AskToEnd(AfterEnd.Restart, timeout, stop);

    /// <summary>Presses Ctrl+Alt+Del at the guest's keyboard. False where nobody listens: no driver, or one that does not keep up.</summary>
    /// <exception cref="VmException">VmNotRunning.</exception>
    public bool PressCtrlAltDelete()
    {
        lock (_gate)
        {
            if (_run is not { } run || _state == MachineState.Stopping)
                throw new VmException(VmErrorId.VmNotRunning, VmErrorKind.InvalidState, $"'{Name}' is {_state}, so there is no keyboard to press; start it first.");
            return PressCtrlAltDelete(run);
        }
    }

    /// <summary>Presses the reset button, and waits until the machine has started again in place, also where it was paused. Its console stays open.</summary>
    /// <exception cref="VmException">VmNotRunning; or it could not be started again, and is off.</exception>
    public void Reset()
    {
        MachineRun run = Running(AfterEnd.Restart);
        run.RequestEnd(new(StopReason.HostRestart));
        WaitUntil(() => HasEnded(run), Timeout.InfiniteTimeSpan, CancellationToken.None);
        ThrowIfNotRestarted();
    }

    /// <summary>Pulls the plug and waits until every vCPU has stopped. Does nothing on a machine that is off.</summary>
    public void TurnOff()
    {
        lock (_gate)
        {
            // Before the wait, so that no guest that resets all the time escapes; after it, as somebody may have asked for a restart.
            _afterEnd = AfterEnd.Off;
            while (_state == MachineState.Starting) Monitor.Wait(_gate); // its own thread is about to succeed or fail
            if (_state is MachineState.Off or MachineState.Faulted) return;
            _afterEnd = AfterEnd.Off;
            _run?.RequestEnd(new(StopReason.HostStop));
            if (_state != MachineState.Stopping) Enter(MachineState.Stopping, "Stopping.");
            while (_state == MachineState.Stopping) Monitor.Wait(_gate);
        }
    }

    /// <summary>Waits until the machine is in <paramref name="state"/>; a Faulted machine counts as Off. False when the time is over first.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was cancelled.</exception>
    public bool WaitFor(MachineState state, TimeSpan timeout, CancellationToken stop) =>
        WaitUntil(() => _state == state || (state == MachineState.Off && _state == MachineState.Faulted), timeout, stop);

    ShutdownOutcome AskToEnd(AfterEnd after, TimeSpan timeout, CancellationToken stop)
    {
        MachineRun run = Running(after, mayBePaused: false);
        TimeSpan half = timeout == Timeout.InfiniteTimeSpan ? timeout : timeout / 2;
        bool heard = Ask(run, ShutdownRequest.ByAcpi);
        Log.Note(heard ? "The guest was asked by ACPI to shut down." : "Nobody in the guest listens to ACPI's request to shut down.");
        if (heard && WaitUntil(() => HasEnded(run), half, stop)) return Ended(ShutdownOutcome.Acpi);
        bool pressed = Ask(run, PressCtrlAltDelete);
        if (pressed && WaitUntil(() => HasEnded(run), heard ? half : timeout, stop)) return Ended(ShutdownOutcome.CtrlAltDelete);
        lock (_gate)
            if (_run == run && _afterEnd == after) _afterEnd = AfterEnd.AsConfigured; // it goes on as if it had not been asked
        return heard || pressed ? ShutdownOutcome.Unanswered : ShutdownOutcome.NotHeard;

        ShutdownOutcome Ended(ShutdownOutcome how)
        {
            ThrowIfNotRestarted();
            return how;
        }
    }

    // The run that is to end, or to restart. One that is about to begin or to be over is waited for: a guest that resets all
    // the time is hardly ever met running.
    MachineRun Running(AfterEnd after, bool mayBePaused = true)
    {
        lock (_gate)
        {
            _afterEnd = after; // before the wait and after it, as in TurnOff
            while (_state is MachineState.Starting or MachineState.Stopping) Monitor.Wait(_gate);
            if (_run is not { } run || _state is not (MachineState.Running or MachineState.Paused))
                throw new VmException(VmErrorId.VmNotRunning, VmErrorKind.InvalidState, $"'{Name}' is {_state}, not Running.");
            if (_state == MachineState.Paused && !mayBePaused && run.End is null)
            {
                _afterEnd = AfterEnd.AsConfigured;
                throw new VmException(VmErrorId.VmPaused, VmErrorKind.InvalidState,
                    $"'{Name}' is Paused, and its guest cannot answer; resume it first, or do without the guest: turn it off, or reset it.");
            }
            _afterEnd = after;
            return run;
        }
    }

    bool PressCtrlAltDelete(MachineRun run)
    {
        bool pressed = ShutdownRequest.ByKeyboard(run);
        Log.Note(pressed ? "Ctrl+Alt+Del was pressed at the guest's keyboard." : "Nobody in the guest listens to its keyboard.");
        return pressed;
    }

    // With the gate held, so that nobody closes what the request uses.
    bool Ask(MachineRun run, Func<MachineRun, bool> request)
    {
        lock (_gate)
        {
            if (_run == run) return request(run);
            while (!HasEnded(run)) Monitor.Wait(_gate);
            ThrowIfNotRestarted();
            throw new VmException(VmErrorId.VmNotRunning, VmErrorKind.InvalidState, $"'{Name}' ended by itself meanwhile.");
        }
    }

    void ThrowIfNotRestarted()
    {
        lock (_gate)
            if (_restartFailure is { } failure && _run is null)
                throw failure;
    }

    // With the gate held. Over is a run whose machine is off, or runs again.
    bool HasEnded(MachineRun run) => _run != run && _state is not (MachineState.Starting or MachineState.Stopping);

    bool WaitUntil(Func<bool> condition, TimeSpan timeout, CancellationToken stop)
    {
        long began = Stopwatch.GetTimestamp();
        using CancellationTokenRegistration wake = stop.Register(() => { lock (_gate) Monitor.PulseAll(_gate); });
        lock (_gate)
        {
            while (!condition())
            {
                stop.ThrowIfCancellationRequested();
                TimeSpan left = timeout == Timeout.InfiniteTimeSpan ? timeout : timeout - Stopwatch.GetElapsedTime(began);
                if (timeout != Timeout.InfiniteTimeSpan && left <= TimeSpan.Zero) return false;
                // Monitor counts milliseconds in an int; longer waits take several turns.
                Monitor.Wait(_gate, left > s_longestWait ? s_longestWait : left);
            }
        }
        return true;
    }

    // From Starting to Running; what fails on the way leaves nothing behind but the state, which is the caller's.
    void Launch(string status)
    {
        MachineRun run = MachineBuilder.Build(Configuration, _consoles, Log, new());
        run.Crashed = () => OnCrash(run);
        try
        {
            lock (_gate)
            {
                (_run, _startedAt, _pausedAt) = (run, Stopwatch.GetTimestamp(), 0);
                if (_holdsNext) run.RequestHold(); // before its guest can escape by a reset
                Enter(MachineState.Running, status);
            }
            run.Start(_host, () => Finish(run));
        }
        catch
        {
            lock (_gate)
            {
                (_run, _startedAt) = (null, 0); // first: nobody is to ask a run whose handles are closed
                Enter(MachineState.Stopping, "Stopping.");
            }
            run.Dispose();
            throw;
        }
    }

    // On a thread of the pool, after the last vCPU has left its loop.
    void Finish(MachineRun run)
    {
        EndRequest end = run.End!;
        bool again;
        string why;
        lock (_gate)
        {
            _lastStatistics = RunReport.Statistics(Name, run);
            _lastExitCount = run.Vcpus.Sum(vcpu => vcpu.Loop.Counters.Total);
            _lastTimeline = RunReport.Timeline(run);
            _lastDevices = RunReport.Devices(Name, run);
            _lastCrash = run.Com1?.Crash;
            why = _lastCrash is null ? end.Describe() : WithCrash(end.Describe(), _lastCrash);
            (_lastUptime, _startedAt) = (ReadUptime(), 0);
            TellCrash(run);
            _lastMeasurement = MachineMeasurement.Of(Name, run, _lastUptime, Scrollback, isOver: true);
            (_stopReason, _fault, _exitCode, _run) = (end.Reason, end.Fault, end.ExitCode, null);
            again = IsToRestart(end);
            if (again) Enter(MachineState.Starting, $"Restarting. {why}");
            else if (_state != MachineState.Stopping) Enter(MachineState.Stopping, why);
        }
        try
        {
            run.Dispose();
        }
        catch (Exception e) // a vCPU host's: nobody called who could be told, and thrown here it would end the process
        {
            Log.Note($"A vCPU's thread could not be given back: {e.GetBaseException().Message}");
        }
        _consoles.ForgetInput();
        if (again) Restart(why);
        else End(end.Fault is null ? MachineState.Off : MachineState.Faulted, why);
    }

    void Restart(string why)
    {
        try
        {
            lock (_gate)
            {
                _restartCount++;
                if (_afterEnd == AfterEnd.Restart) _afterEnd = AfterEnd.AsConfigured;
            }
            Launch($"Running again. {why}");
        }
        catch (Exception e) // nobody called: the state tells whoever looks, and Reset whoever waits
        {
            lock (_gate) _restartFailure = e;
            End(MachineState.Off, $"Could not restart: {e.Message}");
        }
    }

    static string WithCrash(string status, string words) => $"{status} Its kernel wrote: {words}";

    void End(MachineState state, string status)
    {
        _consoles.Complete();
        lock (_gate) Enter(state, status);
    }

    // With the gate held. A fault is to be looked at, so it ends the machine whatever was asked for.
    bool IsToRestart(EndRequest end) => end.Fault is null && end.Reason != StopReason.HostStop && _afterEnd switch
    {
        AfterEnd.Off => false,
        AfterEnd.Restart => true,
        _ => end.Reason == StopReason.GuestReset && Configuration.RebootAction == RebootAction.Restart,
    };

    // With the gate held.
    void Enter(MachineState state, string status)
    {
        if (status != _status) Log.Note(status);
        MachineStateChange change = new(state, _state, _stopReason, status);
        (_state, _status) = (state, status);
        Monitor.PulseAll(_gate);
        Raise(StateChanged, change);
    }
}
