using System.Text.RegularExpressions;
using PSToyVmm.Engine;
using PSToyVmm.Engine.Machines;
using Xunit;
using Xunit.Abstractions;

namespace PSToyVmm.Tests.Linux;

public class BootTests(ITestOutputHelper output)
{
    [LinuxFact]
    public void A_user_logs_in_lists_files_and_switches_off()
    {
        using LinuxGuest guest = new LinuxGuest().LogIn();
        Assert.Contains("GNU/Linux", guest.Run("uname -a"));
        string listing = guest.Run("ls -lat /");
        foreach (string directory in (string[])["bin", "dev", "etc", "proc", "sys"]) Assert.Matches($@"(?m)^d[rwx-]{{9}}.* {directory}\r?$", listing);
        Assert.Equal("/dev/ttyS0", guest.Run("tty").Trim());
        guest.Type("poweroff\r");
        guest.ExpectEnd(StopReason.GuestPowerOff);
    }

    [LinuxFact]
    public void A_quiet_boot_to_the_login_prompt_takes_few_exits()
    {
        using LinuxGuest guest = new();
        guest.Expect("login: ");
        long exits = guest.Vm.ExitCount;
        Assert.True(exits <= 2000, $"{exits} exits:\n" + string.Join('\n', guest.Vm.GetExitStatistics().Where(row => row.Source == "Vmm").Take(20)));
        Assert.Contains(guest.Vm.BootTimeline, phase => phase.Name == "first-serial-byte");
    }

    [LinuxTheory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Vmlinux_and_a_compressed_initrd_boot_too(bool vmlinux, bool gzip)
    {
        using LinuxGuest guest = new LinuxGuest(vmlinux: vmlinux, gzip: gzip).LogIn();
        guest.Type("reboot\r");
        guest.ExpectEnd(StopReason.GuestReset);
    }

    [LinuxFact]
    public void A_vmlinux_boots_by_PVH_too_and_finds_its_initrd_memory_and_ACPI()
    {
        using LinuxGuest guest = new LinuxGuest(vmlinux: true, configure: machine => machine with { BootProtocol = BootProtocol.Pvh }).LogIn();
        // 0xb0: what Linux's PVH entry notes as the boot loader outside of Xen (arch/x86/platform/pvh/enlighten.c); ours is 0xff.
        Assert.Equal("176", guest.Run("cat /proc/sys/kernel/bootloader_type").Trim());
        Assert.Equal("RSDP", guest.Run("dmesg | grep -o 'ACPI: RSDP' | cut -d ' ' -f 2").Trim());
        guest.Type("poweroff\r");
        guest.ExpectEnd(StopReason.GuestPowerOff);
    }

    [LinuxTheory]
    [InlineData(KernelDecompression.Always)]
    [InlineData(KernelDecompression.Never)]
    public void A_bzImage_boots_whoever_unpacks_it(KernelDecompression choice)
    {
        using LinuxGuest guest = new LinuxGuest(configure: machine => machine with { DecompressKernel = choice }).LogIn();
        // What the host unpacked is at the address it was linked for; the decompressor that would choose another did not run.
        if (choice == KernelDecompression.Always) Assert.Matches("0*1000000-", guest.Run("grep 'Kernel code' /proc/iomem"));
        guest.Type("poweroff\r");
        guest.ExpectEnd(StopReason.GuestPowerOff);
        output.WriteLine($"{choice}: " + string.Join(", ", guest.Vm.BootTimeline));
    }

    [LinuxFact]
    public void Linux_reboots_into_the_same_machine_by_itself_and_when_asked()
    {
        using LinuxGuest guest = new LinuxGuest(configure: machine => machine with { RebootAction = RebootAction.Restart }).LogIn();
        guest.Type("reboot\r");
        guest.LogIn();
        Assert.Equal(1, guest.Vm.RestartCount);
        Assert.Equal(ShutdownOutcome.Acpi, guest.Vm.TryRestart(TimeSpan.FromMinutes(2), CancellationToken.None));
        guest.LogIn();
        Assert.Equal((MachineState.Running, 2), (guest.Vm.State, guest.Vm.RestartCount));
        guest.Type("poweroff\r");
        guest.ExpectEnd(StopReason.GuestPowerOff);
    }

    [LinuxFact]
    public void Linux_shuts_down_cleanly_when_asked_by_acpi()
    {
        using LinuxGuest guest = new LinuxGuest().LogIn();
        Assert.Equal(ShutdownOutcome.Acpi, guest.Vm.TryShutDown(TimeSpan.FromMinutes(2), CancellationToken.None));
        guest.ExpectEnd(StopReason.GuestPowerOff);
    }

    [LinuxFact]
    public void Linux_without_acpi_shuts_down_at_Ctrl_Alt_Del()
    {
        using LinuxGuest guest = new LinuxGuest("quiet acpi=off").LogIn();
        Assert.Equal(ShutdownOutcome.CtrlAltDelete, guest.Vm.TryShutDown(TimeSpan.FromMinutes(2), CancellationToken.None));
        guest.ExpectEnd(StopReason.GuestReset);
    }

    [LinuxFact]
    public void Its_log_has_no_complaint_about_the_machine()
    {
        using LinuxGuest guest = new LinuxGuest().LogIn();
        string[] warnings = guest.Run("dmesg -r | grep '^<[0-4]>'").Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        // The processor is the host's, and what Linux says of its bugs too; and there really is no PCI bus.
        Assert.DoesNotContain(warnings, line => Regex.IsMatch(line, "ACPI|BIOS|firmware|i8042|serial|rtc|clocksource|timer|APIC", RegexOptions.IgnoreCase));
    }

    [LinuxFact]
    public void A_panic_ends_the_machine_and_is_on_the_console()
    {
        using LinuxGuest guest = new("rdinit=/nowhere root=/dev/nothing");
        guest.Expect("Kernel panic - not syncing");
        guest.ExpectEnd(StopReason.GuestReset);
    }

    [LinuxTheory]
    [InlineData(96)]
    [InlineData(1536)]
    [InlineData(5120)]
    public void A_guest_sees_the_memory_it_was_given(int mebibytes)
    {
        using LinuxGuest guest = new LinuxGuest(memory: (ulong)mebibytes << 20).LogIn();
        int kibibytes = int.Parse(Regex.Match(guest.Run("cat /proc/meminfo"), @"MemTotal: +(\d+)").Groups[1].Value);
        Assert.InRange(kibibytes, (mebibytes << 10) * 6 / 10, mebibytes << 10);
    }

    [LinuxFact]
    public void The_clock_is_the_hosts()
    {
        using LinuxGuest guest = new LinuxGuest().LogIn();
        long seconds = long.Parse(guest.Run("date -u +%s").Trim());
        Assert.InRange(seconds, TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() - 30, TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + 5);
    }

    [LinuxFact]
    public void A_marker_written_by_the_guest_is_on_the_timeline()
    {
        using LinuxGuest guest = new LinuxGuest().LogIn();
        guest.Run("/sbin/mark");
        Assert.Contains(guest.Vm.BootTimeline, phase => phase.Name == "marker-0x7b");
    }
}
