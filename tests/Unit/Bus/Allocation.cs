namespace PSToyVmm.Tests.Unit.Bus;

/// <summary>Measures what code allocates on its thread.</summary>
static class Allocation
{
    /// <summary>
    /// The smallest of ten measurements, after one to warm up: a garbage collection of another test's counts the rest of
    /// this thread's allocation buffer as allocated, but real allocations show every time.
    /// </summary>
    public static long Of(Action action)
    {
        action();
        long smallest = long.MaxValue;
        for (int i = 0; i < 10 && smallest > 0; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            action();
            smallest = Math.Min(smallest, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        return smallest;
    }
}
