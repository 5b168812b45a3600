namespace PSToyVmm.Engine.Machines;

/// <summary>How often, and for how long, a vCPU left the guest for one reason at one place.</summary>
/// <param name="VmName">The machine.</param>
/// <param name="Vcpu">The vCPU's index; -1 for what KVM counts for the whole machine.</param>
/// <param name="Source"><c>Vmm</c>: exits to this VMM; <c>Kvm</c>: KVM's own counter (KVM_GET_STATS_FD), handled in the kernel included.</param>
/// <param name="Reason">IoOut, IoIn, MmioRead, MmioWrite, Interrupted, ... or the name of KVM's counter.</param>
/// <param name="Address">Port, or MMIO address rounded down to its page; null where the reason has none.</param>
/// <param name="Device">The device there, <c>unclaimed</c>, or empty.</param>
/// <param name="Count">Exits.</param>
/// <param name="Bytes">Bytes moved.</param>
/// <param name="TotalTime">Time in the VMM.</param>
/// <param name="MaximumTime">The longest single one.</param>
public sealed record ExitStatistic(string VmName, int Vcpu, string Source, string Reason, ulong? Address, string Device,
    long Count, long Bytes, TimeSpan TotalTime, TimeSpan MaximumTime)
{
    /// <summary>Mean time in the VMM per exit.</summary>
    public TimeSpan MeanTime => Count == 0 ? TimeSpan.Zero : TotalTime / Count;
}
