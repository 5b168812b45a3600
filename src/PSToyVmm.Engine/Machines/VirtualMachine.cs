using System.Diagnostics;
using PSToyVmm.Engine.Consoles;
using PSToyVmm.Engine.Vcpus;

namespace PSToyVmm.Engine.Machines;

/// <summary>
/// A machine: a configuration, a console that outlives its runs, and, while it runs, memory, devices and vCPUs. All
/// members may be used from any thread.
/// </summary>
public sealed class VirtualMachine : IDisposable
{
    readonly IVcpuHost _host;
    readonly object _gate = new(); // guards everything below; pulsed at each change of state
    MachineRun? _run;
    MachineState _state;
    string _status = "Off.";
    StopReason _stopReason;
    MachineFault? _fault;
    int? _exitCode;
    long _startedAt;
    TimeSpan _lastUptime;
    IReadOnlyList<ExitStatistic> _lastStatistics = [];
    IReadOnlyList<BootPhase> _lastTimeline = [];
    long _lastExitCount;
    bool _disposed;
    Task _events = Task.CompletedTask;

    /// <summary>Makes a machine that is off.</summary>
    /// <param name="configuration">What it is made of.</param>
    /// <param name="host">Gives vCPUs their threads; null for plain threads.</param>
    /// <exception cref="VmException">The configuration is not valid, or the serial log cannot be written.</exception>
    public VirtualMachine(MachineConfiguration configuration, IVcpuHost? host = null)
    {
        configuration.Validate();
        Configuration = configuration;
        _host = host ?? new ThreadVcpuHost();
        SerialLog = new(file: configuration.OpenSerialLog());
        SerialLog.Complete();
    }

    /// <summary>Unique for ever.</summary>
    public Guid Id { get; } = Guid.NewGuid();

    /// <summary>Its name.</summary>
    public string Name => Configuration.Name;

    /// <summary>What it is made of.</summary>
    public MachineConfiguration Configuration { get; }

    /// <summary>When it was made (UTC).</summary>
    public DateTimeOffset CreationTime { get; } = TimeProvider.System.GetUtcNow();

    /// <summary>vCPUs.</summary>
    public int ProcessorCount { get; } = 1;

    /// <summary>Guest RAM in bytes.</summary>
    public ulong MemoryAssigned => Configuration.MemoryBytes;

    /// <summary>What the guest wrote to its serial console.</summary>
    public SerialLog SerialLog { get; }

    /// <summary>What the guest is to read from its serial console.</summary>
    public SerialInput SerialInput { get; } = new();

    /// <summary>Its life's events, and what the guest wrote to its debugging aids.</summary>
    public MachineLog Log { get; } = new(TimeProvider.System);

    /// <summary>Where it is in its life.</summary>
    public MachineState State { get { lock (_gate) return _state; } }

    /// <summary>A sentence about the state: what it does, or why it ended.</summary>
    public string Status { get { lock (_gate) return _status; } }

    /// <summary>Why it last ended; None before the first end and while it runs.</summary>
    public StopReason StopReason { get { lock (_gate) return _stopReason; } }

    /// <summary>The number with which the guest last ended it (StopReason GuestExit), as it was written; null where it did not.</summary>
    public int? ExitCode { get { lock (_gate) return _exitCode; } }

    /// <summary>What is known about the fault that ended it; null where there was none.</summary>
    public MachineFault? Fault { get { lock (_gate) return _fault; } }

    /// <summary>How long its vCPUs have been running; of the last run where it is off.</summary>
    public TimeSpan Uptime
    {
        get { lock (_gate) return _startedAt == 0 ? _lastUptime : Stopwatch.GetElapsedTime(_startedAt); }
    }

    /// <summary>Exits to the VMM since the last start, all vCPUs.</summary>
    public long ExitCount
    {
        get { lock (_gate) return _run is { } run ? run.Vcpus.Sum(vcpu => vcpu.Loop.Counters.Total) : _lastExitCount; }
    }

    /// <summary>The last boot's events, oldest first; empty before the first start.</summary>
    public IReadOnlyList<BootPhase> BootTimeline
    {
        get { lock (_gate) return _run is { } run ? RunReport.Timeline(run) : _lastTimeline; }
    }

    /// <summary>Raised after each change of <see cref="State"/>, in order, on a thread of the pool.</summary>
    public event EventHandler<MachineState>? StateChanged;

    /// <summary>Lays out memory, loads the kernel, makes the vCPUs and lets them run. Returns once they do.</summary>
    /// <exception cref="VmException">VmAlreadyRunning, VmRemoved, or what is wrong with the files, the memory or the host.</exception>
    public void Start()
    {
        lock (_gate)
        {
            if (_disposed) throw new VmException(VmErrorId.VmRemoved, VmErrorKind.InvalidState, $"'{Name}' has been removed.");
            if (_state is not (MachineState.Off or MachineState.Faulted))
                throw new VmException(VmErrorId.VmAlreadyRunning, VmErrorKind.InvalidState, $"'{Name}' is {_state}; stop it before it can be started again.");
            (_stopReason, _fault, _exitCode) = (StopReason.None, null, null);
            Enter(MachineState.Starting, "Starting.");
        }
        MachineRun? run = null;
        try
        {
            SerialLog.Reopen();
            run = MachineBuilder.Build(Configuration, SerialLog, SerialInput, Log, new());
            lock (_gate)
            {
                (_run, _startedAt) = (run, Stopwatch.GetTimestamp());
                Enter(MachineState.Running, "Running.");
            }
            run.Start(Name, _host, () => Finish(run));
        }
        catch (Exception e)
        {
            run?.Dispose();
            SerialLog.Complete();
            lock (_gate)
            {
                (_run, _startedAt) = (null, 0);
                Enter(MachineState.Off, $"Could not start: {e.Message}");
            }
            throw;
        }
    }

    /// <summary>
    /// Asks the guest to shut down and waits: by ACPI, and, when half of the time is over or nobody listens there, by
    /// Ctrl+Alt+Del. Returns at once when nobody listens at all. A guest that has not ended still runs.
    /// </summary>
    /// <exception cref="VmException">VmNotRunning.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was cancelled; the guest may still shut down.</exception>
    public ShutdownOutcome TryShutDown(TimeSpan timeout, CancellationToken stop)
    {
        bool heard = Ask(run => ShutdownRequest.ByAcpi(run.Vm!));
        Log.Note(heard ? "The guest was asked by ACPI to shut down." : "Nobody in the guest listens to ACPI's request to shut down.");
        if (heard && WaitFor(MachineState.Off, timeout / 2, stop)) return ShutdownOutcome.Acpi;
        TimeSpan left = heard ? timeout / 2 : timeout;
        bool pressed = Ask(run => ShutdownRequest.ByKeyboard(run.Devices!));
        Log.Note(pressed ? "Ctrl+Alt+Del was pressed at the guest's keyboard." : "Nobody in the guest listens to its keyboard.");
        if (!pressed) return heard ? ShutdownOutcome.Unanswered : ShutdownOutcome.NotHeard;
        return WaitFor(MachineState.Off, left, stop) ? ShutdownOutcome.CtrlAltDelete : ShutdownOutcome.Unanswered;
    }

    bool Ask(Func<MachineRun, bool> request)
    {
        lock (_gate)
        {
            if (_run is not { } run || _state != MachineState.Running)
                throw new VmException(VmErrorId.VmNotRunning, VmErrorKind.InvalidState, $"'{Name}' is {_state}, not Running.");
            return request(run);
        }
    }

    /// <summary>Pulls the plug and waits until every vCPU has stopped. Does nothing on a machine that is off.</summary>
    public void TurnOff()
    {
        lock (_gate)
        {
            while (_state == MachineState.Starting) Monitor.Wait(_gate); // its own thread is about to succeed or fail
            if (_state is MachineState.Off or MachineState.Faulted) return;
            _run?.RequestEnd(new(StopReason.HostStop));
            if (_state != MachineState.Stopping) Enter(MachineState.Stopping, "Stopping.");
            while (_state == MachineState.Stopping) Monitor.Wait(_gate);
        }
    }

    /// <summary>Waits until the machine is in <paramref name="state"/>; a Faulted machine counts as Off. False when the time is over first.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was cancelled.</exception>
    public bool WaitFor(MachineState state, TimeSpan timeout, CancellationToken stop)
    {
        long began = Stopwatch.GetTimestamp();
        using CancellationTokenRegistration wake = stop.Register(() => { lock (_gate) Monitor.PulseAll(_gate); });
        lock (_gate)
        {
            while (!IsIn(state))
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

    /// <summary>A reading of the exit counters of the current run, or of the last one. Does not stop the guest.</summary>
    public IReadOnlyList<ExitStatistic> GetExitStatistics()
    {
        lock (_gate) return _run is { } run ? RunReport.Statistics(Name, run) : _lastStatistics;
    }

    /// <summary>Its name.</summary>
    public override string ToString() => Name;

    /// <summary>Turns it off and gives back everything it holds. Idempotent.</summary>
    public void Dispose()
    {
        lock (_gate) _disposed = true;
        TurnOff();
        SerialLog.Dispose();
    }

    static readonly TimeSpan s_longestWait = TimeSpan.FromDays(1);

    bool IsIn(MachineState state) => _state == state || (state == MachineState.Off && _state == MachineState.Faulted);

    // On a thread of the pool, after the last vCPU has left its loop.
    void Finish(MachineRun run)
    {
        EndRequest end = run.End!;
        lock (_gate)
        {
            _lastStatistics = RunReport.Statistics(Name, run);
            _lastExitCount = run.Vcpus.Sum(vcpu => vcpu.Loop.Counters.Total);
            _lastTimeline = RunReport.Timeline(run);
            (_lastUptime, _startedAt) = (Stopwatch.GetElapsedTime(_startedAt), 0);
            (_stopReason, _fault, _exitCode, _run) = (end.Reason, end.Fault, end.ExitCode, null);
            if (_state != MachineState.Stopping) Enter(MachineState.Stopping, end.Describe());
        }
        run.Dispose();
        SerialInput.Clear();
        SerialLog.Complete();
        lock (_gate) Enter(end.Fault is null ? MachineState.Off : MachineState.Faulted, end.Describe());
    }

    // With the gate held. Handlers run one after another on the pool, so that they may call back into the machine.
    void Enter(MachineState state, string status)
    {
        if (status != _status) Log.Note(status);
        (_state, _status) = (state, status);
        Monitor.PulseAll(_gate);
        if (StateChanged is { } handlers)
            _events = _events.ContinueWith(_ => handlers(this, state), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }
}
