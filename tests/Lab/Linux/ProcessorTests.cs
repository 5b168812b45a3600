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
        string log = guest.Run("dmesg");
        Assert.Contains("preset value", log); // of the delay loop
        Assert.DoesNotContain("calibrating APIC timer", log);
        Assert.DoesNotContain("calibration", log); // by the PIT, and refined ones
        Assert.Contains("Hypervisor detected: KVM", log);
        // The host's own name.
        string name = File.ReadLines("/proc/cpuinfo").First(line => line.StartsWith("model name", StringComparison.Ordinal)).Split(": ")[1];
        Assert.Contains(name, guest.Run("grep -m1 '^model name' /proc/cpuinfo"));
        Assert.Equal("0 0", guest.Run("cd /sys/devices/system/cpu/cpu0/topology; echo $(cat core_id physical_package_id)").Trim());
    }
}
