using Xunit;

namespace PSToyVmm.Tests.Unit;

/// <summary>A test that runs a guest: skipped, saying so, where this process cannot open /dev/kvm.</summary>
sealed class KvmFactAttribute : FactAttribute
{
    public KvmFactAttribute()
    {
        if (KvmHost.Lack is { } lack) Skip = lack;
    }
}

/// <summary>As <see cref="KvmFactAttribute"/>, for theories.</summary>
sealed class KvmTheoryAttribute : TheoryAttribute
{
    public KvmTheoryAttribute()
    {
        if (KvmHost.Lack is { } lack) Skip = lack;
    }
}

static class KvmHost
{
    /// <summary>Why no guest can run here; null where one can.</summary>
    public static string? Lack { get; } = Find();

    static string? Find()
    {
        var report = Engine.Machines.HostProbe.Run(probeGuest: false);
        return report.CanStart ? null : $"no usable KVM: {report.Issues[0].Problem}";
    }
}
