namespace PSToyVmm.Engine.Native;

/// <summary>The processors of the host on which the calling thread may run (sched_setaffinity(2)).</summary>
static unsafe class CpuSet
{
    // 4096 processors: CONFIG_NR_CPUS of no distribution is larger, and the kernel refuses a mask that is too small to read into.
    const int Words = 64;

    /// <summary>Those that this thread may use, ascending.</summary>
    public static int[] OfThread()
    {
        ulong* mask = stackalloc ulong[Words];
        new Span<ulong>(mask, Words).Clear();
        _ = Libc.sched_getaffinity(0, Words * sizeof(ulong), mask);
        List<int> cpus = [];
        for (int cpu = 0; cpu < Words * 64; cpu++)
            if ((mask[cpu / 64] >> (cpu % 64) & 1) != 0)
                cpus.Add(cpu);
        return [.. cpus];
    }

    /// <summary>Holds the calling thread to these. False where the host has none of them for it, and nothing has changed.</summary>
    public static bool TryHold(params ReadOnlySpan<int> cpus)
    {
        ulong* mask = stackalloc ulong[Words];
        new Span<ulong>(mask, Words).Clear();
        foreach (int cpu in cpus)
            if (cpu is >= 0 and < Words * 64)
                mask[cpu / 64] |= 1ul << (cpu % 64);
        return Libc.sched_setaffinity(0, Words * sizeof(ulong), mask) == 0;
    }
}
