namespace PSToyVmm.Bench;

/// <summary>Counts how often one of KVM's trace points was passed, by whichever VMM: needs root and tracefs.</summary>
sealed class TraceCounter : IDisposable
{
    const string Histogram = "hist:keys=common_pid";

    readonly string _event;

    public TraceCounter(string name)
    {
        _event = Path.Combine("/sys/kernel/tracing/events/kvm", name);
        File.WriteAllText(Path.Combine(_event, "trigger"), Histogram);
    }

    public long Read()
    {
        const string Hits = "Hits: ";
        string line = File.ReadLines(Path.Combine(_event, "hist")).First(line => line.Contains(Hits, StringComparison.Ordinal));
        return long.Parse(line.AsSpan(line.IndexOf(Hits, StringComparison.Ordinal) + Hits.Length));
    }

    public void Dispose() => File.WriteAllText(Path.Combine(_event, "trigger"), "!" + Histogram);
}
