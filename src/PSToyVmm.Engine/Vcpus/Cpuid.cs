using System.Runtime.InteropServices;
using PSToyVmm.Engine.Kvm.Structs;

namespace PSToyVmm.Engine.Vcpus;

/// <summary>
/// Fits the leaves that the host supports to one vCPU (Intel SDM volume 2, CPUID; AMD APM volume 3, appendix E): a
/// hypervisor that is seen, no performance counters, its place in the topology.
/// </summary>
static class Cpuid
{
    const uint HypervisorPresent = 1u << 31, TscDeadline = 1u << 24, DebugCapabilities = 1u << 15;
    const uint EnergyBias = 1u << 3;
    const uint CacheLineQuadwords = 8;

    /// <summary>The leaves of one vCPU.</summary>
    /// <param name="supported">KVM_GET_SUPPORTED_CPUID.</param>
    /// <param name="topology">How the machine's vCPUs sit together.</param>
    /// <param name="index">The vCPU's index.</param>
    /// <param name="tscDeadline">Whether the in-kernel APIC has the deadline timer (KVM_CAP_TSC_DEADLINE_TIMER).</param>
    public static KvmCpuidEntry[] ForVcpu(ReadOnlySpan<KvmCpuidEntry> supported, CpuTopology topology, int index, bool tscDeadline)
    {
        List<KvmCpuidEntry> leaves = [.. supported];
        foreach (ref KvmCpuidEntry leaf in CollectionsMarshal.AsSpan(leaves))
        {
            switch (leaf.Function)
            {
                case 0x1:
                    leaf.Ebx = leaf.Ebx & 0xff | CacheLineQuadwords << 8;
                    leaf.Ecx = leaf.Ecx & ~DebugCapabilities | HypervisorPresent;
                    if (tscDeadline) leaf.Ecx |= TscDeadline;
                    break;
                case 0x6:
                    leaf.Ecx &= ~EnergyBias;
                    break;
                case 0xa:
                    // The architectural performance counters are not virtualized by this VMM.
                    (leaf.Eax, leaf.Ebx, leaf.Ecx, leaf.Edx) = (0, 0, 0, 0);
                    break;
            }
        }
        CpuidTopology.Apply(leaves, topology, index);
        return [.. leaves];
    }
}
