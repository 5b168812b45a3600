using PSToyVmm.Engine.Kvm;
using PSToyVmm.Engine.Native;

namespace PSToyVmm.Engine.Machines;

/// <summary>Finds out what a host can do by trying it.</summary>
public static class HostProbe
{
    static readonly (KvmCapability Capability, string Name)[] s_needed =
    [
        (KvmCapability.Irqchip, "KVM_CAP_IRQCHIP"),
        (KvmCapability.UserMemory, "KVM_CAP_USER_MEMORY"),
        (KvmCapability.SetTssAddr, "KVM_CAP_SET_TSS_ADDR"),
        (KvmCapability.SetIdentityMapAddr, "KVM_CAP_SET_IDENTITY_MAP_ADDR"),
        (KvmCapability.ExtCpuid, "KVM_CAP_EXT_CPUID"),
        (KvmCapability.MpState, "KVM_CAP_MP_STATE"),
        (KvmCapability.Pit2, "KVM_CAP_PIT2"),
        (KvmCapability.Irqfd, "KVM_CAP_IRQFD"),
        (KvmCapability.IoEventFd, "KVM_CAP_IOEVENTFD"),
    ];

    // Linux's lz4 decompressor takes some three instructions per byte, and a kernel has 50 MB: below this, seconds, which
    // the host does in a tenth of one.
    const double SlowMips = 100;

    // A failure, of too many open files perhaps, is not kept: the next machine may have better luck.
    static readonly Lazy<bool> s_kernelModeIsSlow = new(MeasureKernelMode, LazyThreadSafetyMode.PublicationOnly);

    /// <summary>
    /// Whether a guest's kernel mode is interpreted, or as slow as if it were. Intel's and AMD's virtualization run it on the
    /// processor, and a look into /sys finds those; with any other backend of KVM it is measured, once.
    /// </summary>
    internal static bool KernelModeIsSlow => s_kernelModeIsSlow.Value;

    static bool MeasureKernelMode()
    {
        if (Directory.Exists("/sys/module/kvm_intel") || Directory.Exists("/sys/module/kvm_amd")) return false;
        using KvmSystem kvm = KvmSystem.Open();
        return ProbeGuest.MeasureSpeed(kvm) < SlowMips;
    }

    /// <summary>Looks at the device and, unless told otherwise, runs a guest of a few instructions. Never throws.</summary>
    /// <param name="probeGuest">Whether to find out if an unmodified Linux kernel would run.</param>
    /// <param name="device">KVM's device; another one in tests.</param>
    public static HostReport Run(bool probeGuest = true, string device = KvmSystem.DefaultDevice)
    {
        HostReport report = new()
        {
            PlatformSupported = HostPlatform.IsSupported,
            KvmPresent = File.Exists(device),
            KvmOwner = FileOwner.Describe(device),
            Virtualization = ProcessorVirtualization(),
        };
        try
        {
            using KvmSystem kvm = KvmSystem.Open(device);
            report = report with { KvmAccessible = true, ApiVersion = kvm.ApiVersion };
            ThrowIfOldVersion(kvm);
            report = report with { MaximumVcpus = MaximumVcpus(kvm), MissingCapabilities = Missing(kvm) };
            ThrowIfUnusable(kvm);
            report = report with { CanStart = true };
            if (!probeGuest) return report;
            ProbeOutcome outcome = ProbeGuest.Run(kvm);
            return report with { CanRunLinux = outcome.Ran, KernelModeMips = ProbeGuest.MeasureSpeed(kvm), Issues = outcome.Ran ? [] : [LinuxNotRunnable(outcome, report.Virtualization)] };
        }
        catch (VmException e)
        {
            return report with { Issues = [new(e.Id, e.Message, Remedy(e.Id))] };
        }
    }

    /// <summary>What <see cref="VirtualMachine.Start"/> checks each time.</summary>
    /// <exception cref="VmException">KvmVersionUnsupported or KvmCapabilityMissing.</exception>
    internal static void ThrowIfUnusable(KvmSystem kvm)
    {
        ThrowIfOldVersion(kvm);
        string[] missing = Missing(kvm);
        if (missing.Length > 0)
            throw new VmException(VmErrorId.KvmCapabilityMissing, VmErrorKind.NotSupported,
                $"This KVM lacks {string.Join(", ", missing)}. A kernel of 4.20 or later with the in-kernel interrupt controller is needed.");
    }

    /// <summary>Checks a machine's number of vCPUs against what KVM gives one; not where KVM cannot be asked, as starting will say so.</summary>
    /// <exception cref="VmException">ProcessorCountTooLarge.</exception>
    internal static void RequireProcessors(int count)
    {
        int maximum;
        try
        {
            using KvmSystem kvm = KvmSystem.Open();
            maximum = MaximumVcpus(kvm);
        }
        catch (VmException)
        {
            return;
        }
        if (count > maximum)
            throw new VmException(VmErrorId.ProcessorCountTooLarge, VmErrorKind.InvalidArgument, $"{count} processors are more than the {maximum} that KVM gives a machine on this host.");
    }

    static void ThrowIfOldVersion(KvmSystem kvm)
    {
        if (kvm.ApiVersion is int version and not KvmSystem.StableApiVersion)
            throw new VmException(VmErrorId.KvmVersionUnsupported, VmErrorKind.NotSupported,
                $"This KVM speaks version {version} of its interface; {KvmSystem.StableApiVersion} is the one that every kernel since 2.6.22 has.");
    }

    static string[] Missing(KvmSystem kvm) => [.. s_needed.Where(need => kvm.Check(need.Capability) == 0).Select(need => need.Name)];

    static int MaximumVcpus(KvmSystem kvm) => Math.Max(kvm.Check(KvmCapability.MaxVcpus), kvm.Check(KvmCapability.NrVcpus));

    static HostIssue LinuxNotRunnable(ProbeOutcome outcome, string virtualization) => new("LinuxNotRunnable",
        $"This KVM runs tiny guests but not an unmodified Linux kernel: {outcome.Reason}" +
        (virtualization.Length == 0 ? " The processor shows neither vmx nor svm." : ""),
        "Use a machine with hardware virtualization (bare metal, or nested virtualization switched on), or boot Linux in the project's lab: tests/Lab/lab run -- COMMAND.");

    static string Remedy(string id) => id switch
    {
        VmErrorId.PlatformNotSupported => "Import the module on Linux x86-64.",
        VmErrorId.KvmNotPresent => "Switch on virtualization in the firmware (or nested virtualization), then: sudo modprobe kvm-amd (or kvm-intel).",
        VmErrorId.KvmAccessDenied => "sudo usermod -aG kvm $USER, then log in again.",
        VmErrorId.KvmVersionUnsupported or VmErrorId.KvmCapabilityMissing => "Boot a newer kernel with KVM and its in-kernel interrupt controller.",
        _ => "See the message; dmesg may say more.",
    };

    static string ProcessorVirtualization()
    {
        try
        {
            string? flags = File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("flags", StringComparison.Ordinal));
            string[] words = flags?.Split(' ') ?? [];
            return words.Contains("vmx") ? "vmx" : words.Contains("svm") ? "svm" : "";
        }
        catch (IOException)
        {
            return "";
        }
    }
}
