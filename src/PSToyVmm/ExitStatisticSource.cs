namespace PSToyVmm;

/// <summary>Whose exit counters are asked for.</summary>
public enum ExitStatisticSource
{
    /// <summary>Exits to this VMM, by reason and by port or page.</summary>
    Vmm,
    /// <summary>KVM's own counters, which include what it handles in the kernel.</summary>
    Kvm,
    /// <summary>Both.</summary>
    All,
}
