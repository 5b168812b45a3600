using PSToyVmm.Engine.Machines;
using Xunit;

namespace PSToyVmm.Tests.Linux;

/// <summary>A test that boots Debian's kernel: skipped, saying why, where no kernel was given or KVM cannot run one.</summary>
sealed class LinuxFactAttribute : FactAttribute
{
    public LinuxFactAttribute() => Skip = Host.Lack;
}

/// <summary>As <see cref="LinuxFactAttribute"/>, for tests that mount file systems on the host.</summary>
sealed class RootLinuxFactAttribute : FactAttribute
{
    public RootLinuxFactAttribute() => Skip = Host.Lack ?? (Environment.IsPrivilegedProcess ? null : "only root may mount a small file system");
}

/// <summary>As <see cref="LinuxFactAttribute"/>, for tests of taps that they make, and of passt.</summary>
sealed class NetworkLinuxFactAttribute : FactAttribute
{
    public NetworkLinuxFactAttribute() => Skip = Host.Lack
        ?? (!Environment.IsPrivilegedProcess ? "only root may make a tap" : null)
        ?? (!File.Exists("/dev/net/tun") ? "there is no /dev/net/tun to make a tap with" : null)
        ?? (!HasPasst ? "passt is not installed" : null);

    static bool HasPasst => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(directory => File.Exists(Path.Combine(directory, "passt")));
}

/// <summary>As <see cref="LinuxFactAttribute"/>, for theories.</summary>
sealed class LinuxTheoryAttribute : TheoryAttribute
{
    public LinuxTheoryAttribute() => Skip = Host.Lack;
}

static class Host
{
    /// <summary>Set by ./dev test: unpacked packages of Debian's.</summary>
    public static string? Kernel { get; } = Environment.GetEnvironmentVariable("PSTOYVMM_TEST_KERNEL");

    /// <inheritdoc cref="Kernel"/>
    public static string? Vmlinux { get; } = Environment.GetEnvironmentVariable("PSTOYVMM_TEST_VMLINUX");

    /// <inheritdoc cref="Kernel"/>
    public static string? Busybox { get; } = Environment.GetEnvironmentVariable("PSTOYVMM_TEST_BUSYBOX");

    public static string? Lack { get; } = Find();

    static string? Find()
    {
        if (Kernel is null || Vmlinux is null || Busybox is null) return "PSTOYVMM_TEST_KERNEL, _VMLINUX and _BUSYBOX are not set; run ./dev test";
        HostReport report = HostProbe.Run();
        return report.CanRunLinux == true ? null : report.Issues[0].Problem;
    }
}
