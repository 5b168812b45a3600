using System.Globalization;
using System.Text.RegularExpressions;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm.Bench;

/// <summary>
/// Counts how often one of KVM's trace points was passed, by one of its fields, by whichever VMM: needs root and tracefs
/// (Linux: Documentation/trace/histogram.rst). The byte that init says first stops the count in the kernel.
/// </summary>
sealed partial class TraceHistogram : IDisposable
{
    const string Events = "/sys/kernel/tracing/events/kvm";

    readonly string _event, _histogram, _stop;

    public TraceHistogram(string name, string key, byte marker)
    {
        _event = Path.Combine(Events, name);
        _histogram = $"hist:keys={key}";
        _stop = $"disable_hist:kvm:{name} if port=={MachinePorts.Com1} && val=={marker}";
        Trigger(_event, _histogram);
        Trigger(Marker, _stop);
    }

    static string Marker => Path.Combine(Events, "kvm_pio");

    /// <summary>Count by value of the field.</summary>
    public Dictionary<ulong, long> Read() => File.ReadLines(Path.Combine(_event, "hist")).Select(line => Row().Match(line)).Where(row => row.Success)
        .ToDictionary(row => ulong.Parse(row.Groups[1].Value, CultureInfo.InvariantCulture), row => long.Parse(row.Groups[2].Value, CultureInfo.InvariantCulture));

    public void Dispose()
    {
        Trigger(Marker, "!" + _stop);
        Trigger(_event, "!" + _histogram);
    }

    static void Trigger(string where, string what) => File.WriteAllText(Path.Combine(where, "trigger"), what);

    [GeneratedRegex(@"^\{ \w+: +(\d+) \} hitcount: +(\d+)")]
    private static partial Regex Row();
}
