using PSToyVmm.Engine.Kvm.Structs;

namespace PSToyVmm.Engine.Vcpus;

/// <summary>The model-specific registers that firmware would leave in a known state (Intel SDM volume 4).</summary>
static class Msrs
{
    const ulong FastStrings = 1;
    const ulong MtrrEnabled = 1 << 11, WriteBack = 6;

    /// <summary>In the order in which they are set.</summary>
    public static ReadOnlySpan<KvmMsrEntry> AtBoot => s_atBoot;

    static readonly KvmMsrEntry[] s_atBoot =
    [
        new() { Index = 0x174 }, // IA32_SYSENTER_CS, _ESP, _EIP
        new() { Index = 0x175 },
        new() { Index = 0x176 },
        new() { Index = 0xc000_0081 }, // STAR, LSTAR, CSTAR, FMASK
        new() { Index = 0xc000_0082 },
        new() { Index = 0xc000_0083 },
        new() { Index = 0xc000_0084 },
        new() { Index = 0xc000_0102 }, // KERNEL_GS_BASE
        new() { Index = 0x10 }, // the time-stamp counter starts at 0
        new() { Index = 0x1a0, Data = FastStrings }, // IA32_MISC_ENABLE
        // Without a default type of write-back, Linux takes all of memory for uncached.
        new() { Index = 0x2ff, Data = MtrrEnabled | WriteBack }, // IA32_MTRR_DEF_TYPE
    ];
}
