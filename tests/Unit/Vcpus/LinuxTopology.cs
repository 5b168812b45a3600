using System.Numerics;
using PSToyVmm.Engine.Kvm.Structs;

namespace PSToyVmm.Tests.Unit.Vcpus;

/// <summary>Where Linux takes a processor to be, by its leaves.</summary>
readonly record struct LinuxPlace(uint Socket, uint Core, uint Thread)
{
    // arch/x86/kernel/cpu/topology_ext.c and topology_common.c of 6.12, for Intel and for an AMD with TopologyExtensions:
    // the shifts of leaf 0x1f, or else 0xb, cut up the id. 6.1's detect_extended_topology does the same.
    public static LinuxPlace ByExtendedLeaves(KvmCpuidEntry[] leaves, uint function)
    {
        (int threadShift, int socketShift, uint id) = (0, 0, 0u);
        for (uint subleaf = 0; ; subleaf++)
        {
            KvmCpuidEntry level = leaves.Of(function, subleaf);
            if ((level.Ebx & 0xffff) == 0 || (level.Ecx >> 8 & 0xff) == 0) break;
            if (level.Ecx >> 8 == 1) (threadShift, id) = ((int)(level.Eax & 0x1f), level.Edx);
            else if (id != level.Edx) throw new InvalidOperationException("[Firmware Bug]: APIC ID mismatch");
            socketShift = (int)(level.Eax & 0x1f);
        }
        return Cut(id, threadShift, socketShift);
    }

    // parse_legacy: leaf 1's count of ids in a package, leaf 4's count of core ids in it.
    public static LinuxPlace ByIntelLegacy(KvmCpuidEntry[] leaves)
    {
        KvmCpuidEntry one = leaves.Of(1);
        int cores = Order((leaves.Of(4, 0).Eax >> 26) + 1), threads = 0;
        if ((one.Edx & 1 << 28) != 0) threads = Order(one.Ebx >> 16 & 0xff) - cores;
        return Cut(one.Ebx >> 24, threads, cores + threads);
    }

    // parse_8000_0008 and parse_8000_001e, without leaf 0xb.
    public static LinuxPlace ByAmdLegacy(KvmCpuidEntry[] leaves)
    {
        uint ecx = leaves.Of(0x8000_0008).Ecx;
        int socketShift = (int)(ecx >> 12 & 0xf);
        if (socketShift == 0) socketShift = Order((ecx & 0xff) + 1);
        KvmCpuidEntry own = leaves.Of(0x8000_001e);
        return Cut(own.Eax, Order((own.Ebx >> 8 & 0xff) + 1), socketShift);
    }

    // arch/x86/kernel/cpu/cacheinfo.c of 6.1, __cache_amd_cpumap_setup: a division, where Intel's is a shift.
    public static uint AmdCacheGroup(KvmCpuidEntry cache, uint apicId) => apicId / ((cache.Eax >> 14 & 0xfff) + 1);

    // __cache_cpumap_setup, for leaf 4.
    public static uint IntelCacheGroup(KvmCpuidEntry cache, uint apicId) => apicId >> Order((cache.Eax >> 14 & 0xfff) + 1);

    static LinuxPlace Cut(uint id, int threadShift, int socketShift) =>
        new(id >> socketShift, (id & (1u << socketShift) - 1) >> threadShift, id & (1u << threadShift) - 1);

    // get_count_order
    static int Order(uint count) => BitOperations.Log2(BitOperations.RoundUpToPowerOf2(count));
}
