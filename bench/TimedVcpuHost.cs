using System.Diagnostics;
using System.Runtime.InteropServices;
using PSToyVmm.Engine.Vcpus;

namespace PSToyVmm.Bench;

/// <summary>The engine's own host, with a clock and the garbage collector's count around the loop.</summary>
sealed partial class TimedVcpuHost : IVcpuHost
{
    readonly ThreadVcpuHost _threads = new();

    /// <summary>How long the last loop ran.</summary>
    public TimeSpan Elapsed { get; private set; }

    /// <summary>The processor time that it took: on a machine with other work, what the two loops can be compared by.</summary>
    public TimeSpan Processor { get; private set; }

    /// <summary>Bytes that the last loop allocated on its thread.</summary>
    public long Allocated { get; private set; }

    /// <summary>From the call that asked for a thread to the first instruction of the loop.</summary>
    public TimeSpan ThreadStart { get; private set; }

    public IVcpuThread Start(string name, Action body)
    {
        long asked = Stopwatch.GetTimestamp();
        return _threads.Start(name, () =>
        {
            long allocated = GC.GetAllocatedBytesForCurrentThread(), began = Stopwatch.GetTimestamp();
            TimeSpan processor = ProcessorTime();
            body();
            Processor = ProcessorTime() - processor;
            Elapsed = Stopwatch.GetElapsedTime(began);
            Allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
            ThreadStart = Stopwatch.GetElapsedTime(asked, began);
        });
    }

    // .NET tells a process's processor time, not a thread's.
    static TimeSpan ProcessorTime()
    {
        const int ClockThreadCpuTimeId = 3;
        if (clock_gettime(ClockThreadCpuTimeId, out Timespec time) != 0) throw new InvalidOperationException("clock_gettime failed");
        return TimeSpan.FromSeconds(time.Seconds) + TimeSpan.FromMicroseconds(time.Nanoseconds / 1e3);
    }

    [LibraryImport("libc")]
    private static partial int clock_gettime(int clock, out Timespec time);

    struct Timespec
    {
        public long Seconds, Nanoseconds;
    }
}
