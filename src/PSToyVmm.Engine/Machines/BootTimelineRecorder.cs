using System.Diagnostics;

namespace PSToyVmm.Engine.Machines;

/// <summary>Collects one boot's events. Moments are written once each; reading never stops the guest.</summary>
sealed class BootTimelineRecorder
{
    readonly Lock _gate = new();
    readonly List<BootPhase> _phases = [];
    readonly long _start = Stopwatch.GetTimestamp();

    /// <summary>Runs one of the engine's own phases and notes when it began and how long it took.</summary>
    public T Measure<T>(string name, Func<T> phase)
    {
        long began = Stopwatch.GetTimestamp();
        T result = phase();
        Add(new(name, Stopwatch.GetElapsedTime(_start, began), Stopwatch.GetElapsedTime(began)));
        return result;
    }

    /// <inheritdoc cref="Measure{T}"/>
    public void Measure(string name, Action phase) => Measure(name, () => { phase(); return true; });

    /// <summary>Notes a moment; 0 for one that has not come.</summary>
    public void Mark(string name, long timestamp)
    {
        if (timestamp != 0) Add(At(name, timestamp));
    }

    /// <summary>A moment as an event of this boot.</summary>
    public BootPhase At(string name, long timestamp) => new(name, Stopwatch.GetElapsedTime(_start, timestamp), TimeSpan.Zero);

    public BootPhase[] Read()
    {
        lock (_gate) return [.. _phases];
    }

    void Add(BootPhase phase)
    {
        lock (_gate) _phases.Add(phase);
    }
}
