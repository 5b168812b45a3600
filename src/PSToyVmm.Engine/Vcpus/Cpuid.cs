using System.Runtime.InteropServices;
using PSToyVmm.Engine.Kvm.Structs;

namespace PSToyVmm.Engine.Vcpus;

/// <summary>
/// Makes of the leaves that the host supports those of a machine, the same for each of its vCPUs (Intel SDM volume 2, CPUID;
/// AMD APM volume 3, appendix E): a hypervisor that is seen, the frequencies it runs at, no counters and no power
/// management. Where the vCPUs sit is <see cref="CpuidTopology"/>'s. docs/cpu.md says why of each.
/// </summary>
static class Cpuid
{
    const uint HypervisorPresent = 1u << 31, TscDeadline = 1u << 24, PerformanceCapabilities = 1u << 15; // leaf 1 ECX
    const uint TurboBoost = 1u << 1, EnergyBias = 1u << 3; // leaf 6 EAX, ECX
    const uint UserWait = 1u << 5, ArchCapabilities = 1u << 29; // leaf 7 ECX, EDX
    const uint CacheLineQuadwords = 8;
    const uint HypervisorLeaves = 0x4000_0000, TimingLeaf = 0x4000_0010;
    const uint ApicTimerKhz = 1_000_000; // KVM's APIC counts nanoseconds (APIC_BUS_CYCLE_NS)
    const uint ReservedL3Bits = 3u << 16;

    /// <summary>The leaves of a machine.</summary>
    /// <param name="supported">KVM_GET_SUPPORTED_CPUID.</param>
    /// <param name="host">The host's own leaves.</param>
    /// <param name="tscDeadline">Whether the in-kernel APIC has the deadline timer (KVM_CAP_TSC_DEADLINE_TIMER).</param>
    /// <param name="tscKhz">The frequency of the guest's time-stamp counter; 0 where it is not known.</param>
    public static List<KvmCpuidEntry> Normalize(ReadOnlySpan<KvmCpuidEntry> supported, Func<uint, CpuidRegisters> host, bool tscDeadline, uint tscKhz)
    {
        List<KvmCpuidEntry> leaves = [.. supported];
        bool amd = CpuidLeaves.VendorOf(leaves) == CpuVendor.Amd;
        foreach (ref KvmCpuidEntry leaf in CollectionsMarshal.AsSpan(leaves))
        {
            switch (leaf.Function)
            {
                case 0x1:
                    leaf.Ebx = leaf.Ebx & ~0xff00u | CacheLineQuadwords << 8;
                    leaf.Ecx = leaf.Ecx & ~PerformanceCapabilities | HypervisorPresent;
                    if (tscDeadline) leaf.Ecx |= TscDeadline;
                    break;
                case 0x6:
                    leaf.Eax &= ~TurboBoost;
                    leaf.Ecx &= ~EnergyBias;
                    break;
                case 0x7 when leaf.Index == 0:
                    leaf.Ecx &= ~UserWait;
                    // KVM emulates Intel's MSR everywhere; no AMD has it.
                    if (amd) leaf.Edx &= ~ArchCapabilities;
                    break;
                case 0xa:
                    (leaf.Eax, leaf.Ebx, leaf.Ecx, leaf.Edx) = (0, 0, 0, 0);
                    break;
                case >= 0x8000_0002 and <= 0x8000_0006 when (leaf.Eax | leaf.Ebx | leaf.Ecx | leaf.Edx) == 0:
                    // The name in three leaves, and the sizes of the caches, which are the host's.
                    (leaf.Eax, leaf.Ebx, leaf.Ecx, leaf.Edx) = host(leaf.Function);
                    if (leaf.Function == 0x8000_0006) leaf.Edx &= ~ReservedL3Bits;
                    break;
            }
        }
        AddTiming(leaves, tscKhz);
        return leaves;
    }

    // The generic timing leaf of hypervisors: kHz of the counter and of the APIC's timer. FreeBSD, XNU and newer Linux read
    // it, and measure nothing.
    static void AddTiming(List<KvmCpuidEntry> leaves, uint tscKhz)
    {
        int first = CpuidLeaves.IndexOf(leaves, HypervisorLeaves, 0);
        if (tscKhz == 0 || first < 0) return;
        leaves.RemoveAll(leaf => leaf.Function == TimingLeaf);
        leaves.Add(new() { Function = TimingLeaf, Eax = tscKhz, Ebx = ApicTimerKhz });
        ref KvmCpuidEntry head = ref CollectionsMarshal.AsSpan(leaves)[first];
        head.Eax = Math.Max(head.Eax, TimingLeaf);
    }
}
