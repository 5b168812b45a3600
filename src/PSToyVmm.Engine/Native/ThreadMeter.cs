namespace PSToyVmm.Engine.Native;

/// <summary>
/// What a thread costs, for others to read while it runs and after: processor time, in the guest and out of it, and what is
/// touched of its stack.
/// </summary>
sealed unsafe class ThreadMeter
{
    // A thread's clock of scheduled time, from its id: CPUCLOCK_PERTHREAD_MASK | CPUCLOCK_SCHED (linux/posix-timers.h).
    const int ClockBits = 6, ClockShift = 3;
    const int AttributeWords = 7;

    readonly Lock _gate = new(); // the thread is there, and its number nobody else's, as long as this is held and it runs
    int _thread;
    bool _isRunning;
    TimeSpan _before, _total;
    nint _stack;
    ulong _stackSize;

    /// <summary>The kernel's number of the thread; 0 before it began.</summary>
    public int ThreadId => Volatile.Read(ref _thread);

    /// <summary>Processor time from <see cref="Begin"/> until now, or until <see cref="End"/>.</summary>
    public TimeSpan ProcessorTime { get { lock (_gate) return _isRunning ? ReadClock() - _before : _total; } }

    /// <summary>Bytes of its stack that were touched; 0 when it has ended.</summary>
    public ulong StackBytes { get { lock (_gate) return _isRunning ? PageResidency.Count(_stack, _stackSize) : 0; } }

    /// <summary>On the thread itself.</summary>
    public void Begin()
    {
        long* attributes = stackalloc long[AttributeWords];
        lock (_gate)
        {
            _thread = Libc.gettid();
            if (Libc.pthread_getattr_np(Libc.pthread_self(), attributes) == 0)
            {
                nint address;
                nuint size;
                if (Libc.pthread_attr_getstack(attributes, &address, &size) == 0) (_stack, _stackSize) = (address, size);
                _ = Libc.pthread_attr_destroy(attributes);
            }
            (_before, _isRunning) = (ReadClock(), true);
        }
    }

    /// <summary>On the thread itself, before it ends.</summary>
    public void End()
    {
        lock (_gate)
            if (_isRunning)
                (_total, _isRunning) = (ReadClock() - _before, false);
    }

    TimeSpan ReadClock()
    {
        long* time = stackalloc long[2];
        return Libc.clock_gettime(~_thread << ClockShift | ClockBits, time) == 0
            ? TimeSpan.FromTicks((time[0] * TimeSpan.TicksPerSecond) + (time[1] / TimeSpan.NanosecondsPerTick)) : TimeSpan.Zero;
    }
}
