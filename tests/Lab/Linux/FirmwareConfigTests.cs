using PSToyVmm.Engine.Machines;
using Xunit;

namespace PSToyVmm.Tests.Linux;

public class FirmwareConfigTests
{
    [LinuxFact]
    public void Linux_finds_the_firmware_configuration_and_reads_its_files()
    {
        byte[] large = new byte[4000];
        new Random(1).NextBytes(large);
        Dictionary<string, FirmwareFile> files = new() { ["opt/org.example/motd"] = new("Hello from the host"u8), ["opt/org.example/large"] = new(large) };
        using LinuxGuest guest = new LinuxGuest(initrd: LinuxGuest.FirmwareInitrd, configure: it => it with { FirmwareConfig = files }).LogIn();
        guest.Run("insmod /qemu_fw_cfg.ko");
        const string Files = "/sys/firmware/qemu_fw_cfg/by_name/opt/org.example";
        Assert.Contains("Hello from the host", guest.Run($"cat {Files}/motd/raw"));
        string sum = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(large));
        Assert.Contains(sum, guest.Run($"sha256sum {Files}/large/raw"));
        Assert.Contains("0510-0511", guest.Run("cat /proc/ioports"));
    }
}
