using System.Diagnostics;

namespace PSToyVmm;

/// <summary>A time limit that several waits share.</summary>
readonly struct Deadline(TimeSpan timeout)
{
    /// <summary>The longest wait that .NET's primitives take; what is longer never ends.</summary>
    static readonly TimeSpan s_longest = TimeSpan.FromMilliseconds(int.MaxValue);

    readonly long _start = Stopwatch.GetTimestamp();

    /// <summary>What is left, never below zero; <see cref="Timeout.InfiniteTimeSpan"/> where there is no limit.</summary>
    public TimeSpan Remaining
    {
        get
        {
            if (timeout == Timeout.InfiniteTimeSpan || timeout > s_longest)
                return Timeout.InfiniteTimeSpan;
            var left = timeout - Stopwatch.GetElapsedTime(_start);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }
}
