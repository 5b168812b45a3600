using System.Diagnostics;

namespace PSToyVmm;

/// <summary>A time limit that several waits share.</summary>
readonly struct Deadline(TimeSpan timeout)
{
    /// <summary>The longest wait that .NET's primitives take; what is longer never ends.</summary>
    static readonly TimeSpan s_longest = TimeSpan.FromMilliseconds(int.MaxValue);

    readonly long _start = Stopwatch.GetTimestamp();

    /// <summary>The limit itself.</summary>
    public TimeSpan Timeout => timeout;

    /// <summary>What is left, never below zero; <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> where there is no limit.</summary>
    public TimeSpan Remaining
    {
        get
        {
            if (timeout == System.Threading.Timeout.InfiniteTimeSpan || timeout > s_longest)
                return System.Threading.Timeout.InfiniteTimeSpan;
            var left = timeout - Stopwatch.GetElapsedTime(_start);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }
}
