using PSToyVmm.Engine.Kvm.Structs;

namespace PSToyVmm.Engine.Vcpus;

/// <summary>
/// Fits the leaves that the host supports to one vCPU (Intel SDM volume 2, CPUID; AMD APM volume 3, appendix E):
/// its APIC id, a topology of processors with one core and one thread each, a hypervisor that is seen, no performance
/// counters.
/// </summary>
static class Cpuid
{
    const uint HypervisorPresent = 1u << 31, TscDeadline = 1u << 24, DebugCapabilities = 1u << 15, HyperThreading = 1u << 28;
    const uint EnergyBias = 1u << 3;
    const uint CacheLineQuadwords = 8;

    /// <summary>The leaves of the vCPU with this APIC id.</summary>
    /// <param name="supported">KVM_GET_SUPPORTED_CPUID.</param>
    /// <param name="apicId">The vCPU's index.</param>
    /// <param name="tscDeadline">Whether the in-kernel APIC has the deadline timer (KVM_CAP_TSC_DEADLINE_TIMER).</param>
    public static KvmCpuidEntry[] ForVcpu(ReadOnlySpan<KvmCpuidEntry> supported, uint apicId, bool tscDeadline)
    {
        KvmCpuidEntry[] leaves = supported.ToArray();
        foreach (ref KvmCpuidEntry leaf in leaves.AsSpan())
        {
            switch (leaf.Function)
            {
                case 0x1:
                    leaf.Ebx = leaf.Ebx & 0xff | CacheLineQuadwords << 8 | 1u << 16 | apicId << 24;
                    leaf.Ecx = leaf.Ecx & ~DebugCapabilities | HypervisorPresent;
                    if (tscDeadline) leaf.Ecx |= TscDeadline;
                    leaf.Edx &= ~HyperThreading;
                    break;
                case 0x4 or 0x8000_001d:
                    // Caches shared by one logical processor; leaf 4 also counts the package's cores.
                    leaf.Eax &= leaf.Function == 0x4 ? ~0xffff_c000u : ~0x03ff_c000u;
                    break;
                case 0x6:
                    leaf.Ecx &= ~EnergyBias;
                    break;
                case 0xa:
                    // The architectural performance counters are not virtualized by this VMM.
                    (leaf.Eax, leaf.Ebx, leaf.Ecx, leaf.Edx) = (0, 0, 0, 0);
                    break;
                case 0xb or 0x1f:
                    // One thread at the SMT level, one at the core level.
                    leaf.Eax = 0;
                    leaf.Ebx = leaf.Index < 2 ? 1u : 0u;
                    leaf.Ecx = leaf.Index switch { 0 => 1u << 8, 1 => 2u << 8, _ => 0 } | leaf.Index;
                    leaf.Edx = apicId;
                    break;
                case 0x8000_0008:
                    leaf.Ecx &= ~0xf0ffu; // one core, and an APIC id that has no bits for cores
                    break;
                case 0x8000_001e:
                    (leaf.Eax, leaf.Ebx, leaf.Ecx) = (apicId, apicId, 0);
                    break;
            }
        }
        return leaves;
    }
}
