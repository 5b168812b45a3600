using System.Runtime.Intrinsics.X86;

namespace PSToyVmm.Engine.Vcpus;

/// <summary>The four registers that CPUID answers in.</summary>
readonly record struct CpuidRegisters(uint Eax, uint Ebx, uint Ecx, uint Edx);

/// <summary>The host's own leaves, for what KVM_GET_SUPPORTED_CPUID leaves empty although it is true of a guest as well.</summary>
static class HostCpuid
{
    public static CpuidRegisters Read(uint function)
    {
        if (!X86Base.IsSupported) return default;
        // Beyond the highest leaf, Intel's processors answer with another one.
        (int highest, _, _, _) = X86Base.CpuId((int)(function & 0x8000_0000), 0);
        if (function > (uint)highest) return default;
        (int eax, int ebx, int ecx, int edx) = X86Base.CpuId((int)function, 0);
        return new((uint)eax, (uint)ebx, (uint)ecx, (uint)edx);
    }
}
