using PSToyVmm.Engine.Kvm.Structs;

namespace PSToyVmm.Tests.Unit.Vcpus;

/// <summary>What KVM_GET_SUPPORTED_CPUID reports, as far as topology goes, of two kinds of host.</summary>
static class SupportedLeaves
{
    // A Skylake server: L1d, L1i, L2 of a core with two threads, an L3 of 32 cores; KVM before 6.2 leaves the host's leaf 0xb.
    public static readonly KvmCpuidEntry[] Intel =
    [
        Leaf(0, eax: 0x1f, ebx: 0x756e_6547, ecx: 0x6c65_746e, edx: 0x4965_6e69),
        Leaf(1, eax: 0x50654, ebx: 0x0740_0800, ecx: 0xf7fa_3203, edx: 0x0f8b_fbff),
        Leaf(4, 0, eax: 0x7c00_4121),
        Leaf(4, 1, eax: 0x7c00_4122),
        Leaf(4, 2, eax: 0x7c00_4143),
        Leaf(4, 3, eax: 0x7c0f_c163),
        Leaf(4, 4),
        Leaf(6, eax: 0x77, ecx: 0x9),
        Leaf(7, 0, eax: 1, ebx: 0xd39f_ffeb, ecx: 0x28, edx: 0x2000_0000),
        Leaf(0xa, eax: 0x0730_0404, edx: 0x603),
        Leaf(0xb, 0, eax: 1, ebx: 2, ecx: 0x100, edx: 7),
        Leaf(0xb, 1, eax: 6, ebx: 64, ecx: 0x201, edx: 7),
        Leaf(0x1f, 0),
        Leaf(0x4000_0000, eax: 0x4000_0001, ebx: 0x4b4d_564b, ecx: 0x564b_4d56, edx: 0x4d),
        Leaf(0x4000_0001, eax: 0x0100_7efb),
        Leaf(0x8000_0000, eax: 0x8000_0008),
        Leaf(0x8000_0001, ecx: 0x121, edx: 0x2c10_0800),
        Leaf(0x8000_0002),
        Leaf(0x8000_0003),
        Leaf(0x8000_0004),
        Leaf(0x8000_0006, ecx: 0x0100_6040),
        Leaf(0x8000_0008, eax: 0x302e),
    ];

    // An EPYC: L1d, L1i, L2 of a core with two threads, an L3 of eight cores; no leaf 0x1f.
    public static readonly KvmCpuidEntry[] Amd =
    [
        Leaf(0, eax: 0x10, ebx: 0x6874_7541, ecx: 0x444d_4163, edx: 0x6974_6e65),
        Leaf(1, eax: 0x00a2_0f10, ebx: 0x0110_0800, ecx: 0xfefa_3203, edx: 0x078b_fbff),
        Leaf(6, eax: 4),
        Leaf(7, 0, ebx: 0x219c_95a9, ecx: 0x0040_069c, edx: 0x2000_0010),
        Leaf(0xb, 0, edx: 1),
        Leaf(0x4000_0000, eax: 0x4000_0001, ebx: 0x4b4d_564b, ecx: 0x564b_4d56, edx: 0x4d),
        Leaf(0x4000_0001, eax: 0x0100_7efb),
        Leaf(0x8000_0000, eax: 0x8000_0026),
        Leaf(0x8000_0001, eax: 0x00a2_0f10, ecx: 0x0040_0791, edx: 0x2fd3_fbff),
        Leaf(0x8000_0002),
        Leaf(0x8000_0003),
        Leaf(0x8000_0004),
        Leaf(0x8000_0005, eax: 0xff40_ff40, ebx: 0xff40_ff40, ecx: 0x2008_0140, edx: 0x2008_0140),
        Leaf(0x8000_0008, eax: 0x3030, ebx: 0x0111_ed57, ecx: 0x703f),
        Leaf(0x8000_001d, 0, eax: 0x4121),
        Leaf(0x8000_001d, 1, eax: 0x4122),
        Leaf(0x8000_001d, 2, eax: 0x4143),
        Leaf(0x8000_001d, 3, eax: 0x3_c163),
        Leaf(0x8000_001d, 4),
        Leaf(0x8000_001e),
        Leaf(0x8000_0026, 0, eax: 1, ebx: 2, ecx: 0x100, edx: 7),
    ];

    public static KvmCpuidEntry Leaf(uint function, uint? subleaf = null, uint eax = 0, uint ebx = 0, uint ecx = 0, uint edx = 0) => new()
    {
        Function = function,
        Index = subleaf ?? 0,
        Flags = subleaf is null ? 0 : KvmCpuidEntry.SignificantIndex,
        Eax = eax,
        Ebx = ebx,
        Ecx = ecx,
        Edx = edx,
    };

    // The padding is an inline array, which cannot be compared.
    public static (uint Function, uint Index, uint Flags, uint Eax, uint Ebx, uint Ecx, uint Edx) Values(this KvmCpuidEntry leaf) =>
        (leaf.Function, leaf.Index, leaf.Flags, leaf.Eax, leaf.Ebx, leaf.Ecx, leaf.Edx);

    public static KvmCpuidEntry Of(this IEnumerable<KvmCpuidEntry> leaves, uint function, uint subleaf = 0) =>
        leaves.Single(leaf => leaf.Function == function && leaf.Index == subleaf);
}
