namespace PSToyVmm.Engine.Machines;

/// <summary>What this host can do for a machine.</summary>
public sealed record HostReport
{
    /// <summary>Whether machines can be started at all.</summary>
    public bool CanStart { get; init; }

    /// <summary>Whether an unmodified Linux kernel runs: found out by a probe guest. Null where it was not or could not be tried.</summary>
    public bool? CanRunLinux { get; init; }

    /// <summary>
    /// Millions of instructions that a guest's kernel mode runs in a second: a rough figure, thousands where the processor
    /// runs them and few where a KVM interprets them. Null where it was not or could not be measured.
    /// </summary>
    public double? KernelModeMips { get; init; }

    /// <summary>Linux on x86-64?</summary>
    public bool PlatformSupported { get; init; }

    /// <summary>Whether /dev/kvm is there.</summary>
    public bool KvmPresent { get; init; }

    /// <summary>Whether this process may open it.</summary>
    public bool KvmAccessible { get; init; }

    /// <summary>Who owns it and what its mode is, for example <c>root:kvm 0660</c>; empty where it is not there.</summary>
    public string KvmOwner { get; init; } = "";

    /// <summary>KVM_GET_API_VERSION, 12 everywhere; null where it could not be asked.</summary>
    public int? ApiVersion { get; init; }

    /// <summary><c>vmx</c>, <c>svm</c>, or empty where the processor shows neither.</summary>
    public string Virtualization { get; init; } = "";

    /// <summary>Needed capabilities that this KVM lacks, as KVM_CAP_ names.</summary>
    public IReadOnlyList<string> MissingCapabilities { get; init; } = [];

    /// <summary>Most vCPUs that KVM gives a machine here; 0 where it could not be asked.</summary>
    public int MaximumVcpus { get; init; }

    /// <summary>What is lacking and what to do about it; empty on a good host.</summary>
    public IReadOnlyList<HostIssue> Issues { get; init; } = [];
}
