using Xunit;

namespace PSToyVmm.Tests.Linux;

public class ProcessorTests
{
    [LinuxFact]
    public void A_template_takes_features_away()
    {
        string[] Flags(LinuxGuest guest) => guest.Run("grep -m1 ^flags /proc/cpuinfo").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        using (LinuxGuest plain = new LinuxGuest().LogIn())
        {
            string[] flags = Flags(plain);
            Assert.Contains("ssse3", flags);
            Assert.Contains("rdrand", flags);
        }
        string template = Path.GetTempFileName();
        try
        {
            // Bits 9 and 30.
            File.WriteAllText(template, """
                {"cpuid_modifiers":[{"leaf":"0x1","subleaf":"0x0","flags":0,"modifiers":[{"register":"ecx","bitmap":"0bx0xx_xxxx_xxxx_xxxx_xxxx_xx0x_xxxx_xxxx"}]}]}
                """);
            using LinuxGuest changed = new LinuxGuest(configure: plain => plain with { CpuTemplate = template }).LogIn();
            string[] flags = Flags(changed);
            Assert.DoesNotContain("ssse3", flags);
            Assert.DoesNotContain("rdrand", flags);
            Assert.Contains("sse4_1", flags);
        }
        finally
        {
            File.Delete(template);
        }
    }

    [LinuxFact]
    public void Linux_calibrates_nothing_and_knows_its_processor()
    {
        using LinuxGuest guest = new LinuxGuest().LogIn();
        string log = guest.Run("dmesg | grep -E 'preset|alibrat|Hyperv'");
        Assert.Contains("preset value", log); // of the delay loop
        Assert.Contains("Hypervisor detected: KVM", log);
        Assert.DoesNotContain("calibrating APIC timer", log);
        Assert.DoesNotContain("calibration", log); // by the PIT, and refined ones
        // The host's own name.
        string name = File.ReadLines("/proc/cpuinfo").First(line => line.StartsWith("model name", StringComparison.Ordinal)).Split(": ")[1];
        Assert.Contains(name, guest.Run("grep -m1 '^model name' /proc/cpuinfo"));
    }

    [LinuxFact]
    public void Linux_sees_sockets_cores_and_threads()
    {
        using LinuxGuest guest = new LinuxGuest(configure: plain => plain with { ProcessorCount = 4, Topology = new(2, 1, 2) }).LogIn();
        guest.Run("ln -s /sys/devices/system/cpu /c"); // a line that the shell need not wrap
        string[] Read(string name) => [.. guest.Run($"cat /c/cpu[0-3]/topology/{name}").Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];
        Assert.Equal(["0", "0", "1", "1"], Read("physical_package_id"));
        Assert.Equal(["0", "0", "0", "0"], Read("core_id"));
        Assert.Equal(["0-1", "0-1", "2-3", "2-3"], Read("thread_siblings_list"));
        Assert.Equal("0", guest.Run("dmesg | grep -c 'Firmware Bug'").Trim());
    }
}
