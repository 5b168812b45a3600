using System.Globalization;
using System.Security.Cryptography;
using PSToyVmm.Engine.Boot.Initramfs;
using PSToyVmm.Engine.Boot.Initramfs.KernelModules;
using PSToyVmm.Engine.Machines;
using Xunit;
using Xunit.Abstractions;

namespace PSToyVmm.Tests.Linux;

/// <summary>Debian's driver of the virtio console, a module, and a login on hvc0.</summary>
public sealed class VirtioConsoleTests(ITestOutputHelper output) : IDisposable
{
    readonly string _initrd = Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"pstoyvmm-{Guid.NewGuid():n}");

    public void Dispose() => File.Delete(_initrd);

    LinuxGuest Start() => new(initrd: BuildInitrd(), port: "hvc0", configure: machine => machine with { VirtioConsole = true });

    string BuildInitrd()
    {
        InitramfsBuilder builder = new();
        builder.AddBusybox(Host.Busybox);
        builder.AddProfile(InitramfsProfile.Login);
        builder.AddKernelModules(KernelModuleTree.Open(null, Host.Kernel), ["virtio_mmio", "virtio_console"]);
        builder.WriteTo(_initrd, InitramfsCompression.None);
        return _initrd;
    }

    [LinuxFact]
    public void A_user_logs_in_and_the_size_follows_the_terminal()
    {
        using LinuxGuest guest = Start();
        guest.Console.Resize(132, 43); // as if attached before the driver is there
        guest.LogIn();
        Assert.Equal("/dev/hvc0", guest.Run("tty").Trim());
        Assert.Equal("43 132", guest.Run("stty size").Trim());
        guest.Console.Resize(90, 28);
        Assert.Equal("28 90", Settled(guest, "28 90"));
        // A program in the foreground is told, as by any terminal.
        guest.Type("sh -c 'trap \"stty size; exit\" WINCH; echo ready; while :; do sleep 1; done'\r");
        guest.Expect("(?m)^ready");
        guest.Console.Resize(100, 31);
        guest.Expect("(?m)^31 100");
        guest.Expect("# ");
        guest.Type("poweroff\r");
        guest.ExpectEnd(StopReason.GuestPowerOff);
    }

    [LinuxFact]
    public void Hundreds_of_KiB_go_through_both_ways_intact()
    {
        const int Size = 300 << 10;
        byte[] sent = new byte[Size];
        new Random(5).NextBytes(sent);
        string hash = Convert.ToHexStringLower(SHA256.HashData(sent));
        using LinuxGuest guest = Start().LogIn();
        guest.Type($"stty raw -echo; echo ready; head -c {Size} > /tmp/in; stty sane; sha256sum /tmp/in\r");
        guest.Expect("(?m)^ready");
        long began = TimeProvider.System.GetTimestamp();
        guest.Console.Input.Enqueue(sent);
        Assert.Equal(hash, guest.Expect("([0-9a-f]{64})  /tmp/in").Groups["1"]);
        output.WriteLine($"in: {Size} bytes in {TimeProvider.System.GetElapsedTime(began).TotalSeconds:0.0} s");
        guest.Expect("# ");

        guest.Type("stty raw -echo; echo begin; cat /tmp/in; stty sane; echo; echo end\r");
        long from = guest.Expect("(?m)^begin\n").End;
        began = TimeProvider.System.GetTimestamp();
        guest.Expect("(?m)^end");
        output.WriteLine($"out: {Size} bytes in {TimeProvider.System.GetElapsedTime(began).TotalSeconds:0.0} s");
        byte[] received = new byte[Size];
        for (int done = 0, count; done < Size && (count = guest.Console.Log.Read(ref from, received.AsSpan(done))) > 0;) done += count;
        Assert.Equal(hash, Convert.ToHexStringLower(SHA256.HashData(received)));
        foreach ((string name, long value) in guest.Vm.GetDevices().Single().Counters) output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}: {value}"));
    }

    // The driver looks at the size on a thread of its own.
    static string Settled(LinuxGuest guest, string expected)
    {
        string size = "";
        for (int i = 0; i < 20 && size != expected; i++) size = guest.Run("stty size").Trim();
        return size;
    }
}
