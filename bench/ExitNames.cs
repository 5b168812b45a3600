namespace PSToyVmm.Bench;

/// <summary>What KVM's trace points call by numbers.</summary>
static class ExitNames
{
    static readonly bool s_amd = File.ReadAllText("/proc/cpuinfo").Contains("AuthenticAMD", StringComparison.Ordinal);

    // Linux: arch/x86/include/uapi/asm/svm.h and vmx.h.
    static readonly Dictionary<ulong, string> s_svm = new()
    {
        [0x40] = "#DB",
        [0x4e] = "#PF",
        [0x52] = "#MC",
        [0x60] = "interrupt of the host",
        [0x61] = "NMI",
        [0x64] = "interrupt window",
        [0x65] = "CR0 write",
        [0x72] = "CPUID",
        [0x76] = "INVD",
        [0x77] = "PAUSE",
        [0x78] = "HLT",
        [0x79] = "INVLPG",
        [0x7b] = "port",
        [0x7c] = "MSR",
        [0x7f] = "shutdown",
        [0x89] = "WBINVD",
        [0x8d] = "XSETBV",
        [0x10] = "CR0 write",
        [0x14] = "CR4 write",
        [0x400] = "nested page fault",
    };
    static readonly Dictionary<ulong, string> s_vmx = new()
    {
        [0] = "exception",
        [1] = "interrupt of the host",
        [2] = "shutdown",
        [7] = "interrupt window",
        [10] = "CPUID",
        [12] = "HLT",
        [28] = "CR access",
        [30] = "port",
        [31] = "MSR",
        [32] = "MSR",
        [40] = "PAUSE",
        [48] = "nested page fault",
        [49] = "MMIO",
        [52] = "preemption timer",
        [54] = "WBINVD",
        [55] = "XSETBV",
    };

    /// <summary>Why the processor left the guest.</summary>
    public static string Processor(ulong reason) => (s_amd ? s_svm : s_vmx).GetValueOrDefault(reason, $"0x{reason:x}");

    /// <summary>Why KVM_RUN returned: KVM_EXIT_* (Linux: include/uapi/linux/kvm.h).</summary>
    public static string ToVmm(ulong reason) => reason switch
    {
        0 => "unknown",
        2 => "VMM: port",
        5 => "VMM: HLT",
        6 => "VMM: MMIO",
        7 => "VMM: interrupt window",
        8 => "VMM: shutdown",
        10 => "VMM: signal",
        17 => "VMM: internal error",
        26 => "VMM: IOAPIC EOI",
        _ => $"VMM: {reason}",
    };
}
