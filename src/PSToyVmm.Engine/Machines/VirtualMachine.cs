using PSToyVmm.Engine.Consoles;
using PSToyVmm.Engine.Vcpus;

namespace PSToyVmm.Engine.Machines;

/// <summary>
/// A machine: a configuration, consoles that outlive its runs, and, while it runs, memory, devices and vCPUs. All
/// members may be used from any thread.
/// </summary>
public sealed partial class VirtualMachine : IDisposable
{
    readonly IVcpuHost _host;
    readonly MachineConsoles _consoles;
    readonly object _gate = new(); // guards everything below; pulsed at each change of state
    MachineConfiguration _configuration;
    MachineRun? _run;
    MachineState _state;
    string _status = "Off.";
    StopReason _stopReason;
    MachineFault? _fault;
    int? _exitCode;
    long _startedAt, _pausedAt;
    bool _holdsNext;
    TimeSpan _lastUptime;
    IReadOnlyList<ExitStatistic> _lastStatistics = [];
    IReadOnlyList<BootPhase> _lastTimeline = [];
    IReadOnlyList<DeviceReading> _lastDevices = [];
    MachineMeasurement? _lastMeasurement;
    string? _lastCrash;
    long _lastExitCount;
    int _restartCount;
    AfterEnd _afterEnd;
    Exception? _restartFailure;
    bool _disposed;

    /// <summary>Makes a machine that is off.</summary>
    /// <param name="configuration">What it is made of.</param>
    /// <param name="host">Gives vCPUs their threads; null for plain threads.</param>
    /// <exception cref="VmException">The configuration is not valid, or the serial log cannot be written.</exception>
    public VirtualMachine(MachineConfiguration configuration, IVcpuHost? host = null)
    {
        configuration.Validate();
        _configuration = configuration;
        _host = host ?? new ThreadVcpuHost();
        _consoles = new(configuration);
    }

    /// <summary>Unique for ever.</summary>
    public Guid Id { get; } = Guid.NewGuid();

    /// <summary>Its name.</summary>
    public string Name => Configuration.Name;

    /// <summary>What it is made of. <see cref="Reconfigure"/> replaces it.</summary>
    public MachineConfiguration Configuration { get => Volatile.Read(ref _configuration); private set => Volatile.Write(ref _configuration, value); }

    /// <summary>Its disks; the guest's first is /dev/vda.</summary>
    public IReadOnlyList<DiskConfiguration> Disks => Configuration.Disks;

    /// <summary>When it was made: local time, of the type that keeps its moment on the way to another process.</summary>
    public DateTime CreationTime { get; } = TimeProvider.System.GetLocalNow().LocalDateTime;

    /// <summary>vCPUs.</summary>
    public int ProcessorCount => Configuration.ProcessorCount;

    /// <summary>Guest RAM in bytes.</summary>
    public ulong MemoryAssigned => Configuration.MemoryBytes;

    /// <summary>
    /// What another process opens to map the guest's memory, where it is shared or a file. Null for memory of this process,
    /// and, where it is shared, while the machine is off.
    /// </summary>
    public string? MemoryPath { get { lock (_gate) return _run?.Memory?.SharedPath ?? Configuration.MemorySource.Path; } }

    /// <summary>What the guest wrote to its serial console.</summary>
    public SerialLog SerialLog => _consoles.Serial.Log;

    /// <summary>What the guest is to read from its serial console.</summary>
    public SerialInput SerialInput => _consoles.Serial.Input;

    /// <summary>Its consoles: the serial port, and the virtio console where it has one.</summary>
    public IReadOnlyList<MachineConsole> Consoles => _consoles.Of(Configuration);

    /// <summary>Its life's events, and what the guest wrote to its debugging aids.</summary>
    public MachineLog Log { get; } = new(TimeProvider.System);

    /// <summary>Where it is in its life.</summary>
    public MachineState State { get { lock (_gate) return _state; } }

    /// <summary>A sentence about the state: what it does, or why it ended.</summary>
    public string Status { get { lock (_gate) return _run?.Com1?.Crash is { } words ? WithCrash(_status, words) : _status; } }

    /// <summary>What the guest's kernel wrote to its serial console when it panicked, or before that: in this run, or in the last one. Null where it did not.</summary>
    public string? GuestCrash { get { lock (_gate) return _run is { } run ? run.Com1?.Crash : _lastCrash; } }

    /// <summary>Why its last run ended; None before the first end, and after <see cref="Start"/> until it restarts or ends.</summary>
    public StopReason StopReason { get { lock (_gate) return _stopReason; } }

    /// <summary>The number with which the guest last ended it (StopReason GuestExit), as it was written; null where it did not.</summary>
    public int? ExitCode { get { lock (_gate) return _exitCode; } }

    /// <summary>What is known about the fault that ended it; null where there was none.</summary>
    public MachineFault? Fault { get { lock (_gate) return _fault; } }

    /// <summary>How often it was restarted in place since <see cref="Start"/>, by its guest or by the user.</summary>
    public int RestartCount { get { lock (_gate) return _restartCount; } }

    /// <summary>How long its vCPUs have been running, since the last restart and without pauses; of the last run where it is off.</summary>
    public TimeSpan Uptime { get { lock (_gate) return ReadUptime(); } }

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

    /// <summary>The devices of the current run; null while it is off. For the bench, which adds some.</summary>
    internal MachineDevices? Devices { get { lock (_gate) return _run?.Devices; } }

    /// <summary>A reading of the exit counters of the current run, or of the last one. Does not stop the guest.</summary>
    public IReadOnlyList<ExitStatistic> GetExitStatistics()
    {
        lock (_gate) return _run is { } run ? RunReport.Statistics(Name, run) : _lastStatistics;
    }

    /// <summary>A reading of its virtio devices: of the current run, or of the last one. Does not stop the guest.</summary>
    public IReadOnlyList<DeviceReading> GetDevices()
    {
        lock (_gate) return _run is { } run ? RunReport.Devices(Name, run) : _lastDevices;
    }

    /// <summary>What it has used: of the current run, or of the last one. Does not stop the guest.</summary>
    public MachineMeasurement Measure()
    {
        MachineRun? run;
        TimeSpan duration;
        lock (_gate) (run, duration) = (_run, ReadUptime());
        // Without the gate, for it looks at each page of guest RAM.
        if (run is not null && run.TryUse<MachineMeasurement>(seen => MachineMeasurement.Of(Name, seen, duration, Scrollback, isOver: false), out MachineMeasurement? measured))
            return measured;
        lock (_gate) return _lastMeasurement ?? MachineMeasurement.OfNone(Configuration);
    }

    /// <summary>Its name.</summary>
    public override string ToString() => Name;

    long Scrollback => _consoles.All.Sum(console => console.Log.MemorySize);

    /// <summary>Turns it off and gives back everything it holds. Idempotent.</summary>
    public void Dispose()
    {
        lock (_gate) _disposed = true;
        TurnOff();
        _consoles.Dispose();
    }
}
