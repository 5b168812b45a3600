using System.Diagnostics;
using System.Management.Automation;

namespace PSToyVmm;

/// <summary>
/// A progress bar of long work, written by the pipeline's thread. Work that is done within a moment shows none, and what has
/// been shown is taken away at the end, by Ctrl+C too.
/// </summary>
sealed class VmProgress(Cmdlet cmdlet, string activity) : IDisposable
{
    /// <summary>How often it is worth to look.</summary>
    public static TimeSpan Interval { get; } = TimeSpan.FromMilliseconds(200);

    static readonly TimeSpan s_moment = TimeSpan.FromMilliseconds(500);
    static int s_lastId;

    readonly long _began = Stopwatch.GetTimestamp();
    ProgressRecord? _shown;
    long _shownAt;

    /// <summary>Shows where the work is, unless it has only just begun, or that was shown only just now.</summary>
    /// <param name="status">What is being done.</param>
    /// <param name="percent">How much of it is done; -1 where nobody knows.</param>
    public void Show(string status, int percent = -1)
    {
        if (Stopwatch.GetElapsedTime(_began) < s_moment || (_shown is not null && Stopwatch.GetElapsedTime(_shownAt) < Interval)) return;
        _shown ??= new(Interlocked.Increment(ref s_lastId) & int.MaxValue, activity, status);
        (_shown.StatusDescription, _shown.PercentComplete, _shownAt) = (status, Math.Min(percent, 100), Stopwatch.GetTimestamp());
        cmdlet.WriteProgress(_shown);
    }

    /// <summary>Does work that writes nothing on a thread of its own, and shows meanwhile where it is.</summary>
    public T Run<T>(Func<(string Status, int Percent)> where, Func<T> work)
    {
        Task<T> running = Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        while (Task.WaitAny([running], Interval) < 0)
        {
            var (status, percent) = where();
            try
            {
                Show(status, percent);
            }
            catch (PipelineStoppedException)
            {
                // The work hears of Ctrl+C, too. It is not left alone, for it has files open and halves of them written.
            }
        }
        return running.GetAwaiter().GetResult();
    }

    /// <summary>Takes it away.</summary>
    public void Dispose()
    {
        if (_shown is null) return;
        try
        {
            cmdlet.WriteProgress(new(_shown.ActivityId, _shown.Activity, _shown.StatusDescription) { RecordType = ProgressRecordType.Completed });
        }
        catch (PipelineStoppedException)
        {
            // Ctrl+C: PowerShell has taken it away by itself
        }
        _shown = null;
    }
}
