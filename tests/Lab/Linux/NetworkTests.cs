using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using PSToyVmm.Engine.Boot.Initramfs;
using PSToyVmm.Engine.Boot.Initramfs.KernelModules;
using PSToyVmm.Engine.Machines;
using Xunit;
using Xunit.Abstractions;

namespace PSToyVmm.Tests.Linux;

/// <summary>Debian's network driver on both kinds of adapters, and a server of the host's that the guest fetches from.</summary>
public sealed class NetworkTests(ITestOutputHelper output) : IDisposable
{
    const int MiB = 1 << 20, FileSize = 48 * MiB, TapMtu = 1400;
    const string Mac = "52:54:00:12:34:56", HostOnTap = "198.51.100.1", GuestOnTap = "198.51.100.2";

    const string Startup = """
        #!/bin/sh
        ip link set lo up
        ip link set eth0 up
        udhcpc -i eth0 -s /etc/udhcpc -q -n -t 5 >/dev/null 2>&1
        ip addr add 198.51.100.2/24 dev eth1
        ip link set eth1 up
        mkdir /www
        echo from the guest > /www/index.html
        httpd -h /www
        """;

    const string Udhcpc = """
        #!/bin/sh
        [ "$1" = bound ] || exit 0
        ip addr add "$ip/$mask" dev "$interface"
        for router in $router; do ip route add default via "$router" dev "$interface"; done
        echo "$router" > /tmp/router
        """;

    // In memory: the lab's other files are on the host, far away.
    readonly string _folder = Directory.CreateDirectory(Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"pstoyvmm-net-{Guid.NewGuid():n}")).FullName;
    readonly int _port = FreePort();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [NetworkLinuxFact]
    public void A_guest_has_the_networks_that_were_asked_for()
    {
        int forwarded = FreePort();
        string hash = MakeFiles();
        using Process server = Process.Start(Host.Busybox!, ["httpd", "-f", "-p", _port.ToString(CultureInfo.InvariantCulture), "-h", _folder]);
        try
        {
            using LinuxGuest guest = Start(
                new() { Type = NetworkType.User, PortForwards = [$"127.0.0.1:{forwarded}:80"] },
                new() { Type = NetworkType.Tap, HostAddress = $"{HostOnTap}/24", MacAddress = Mac, Mtu = TapMtu }).LogIn();
            guest.Run("stty cols 250"); // a line that the shell breaks is not found again

            // What was configured is what it sees.
            Assert.Equal($"{guest.Vm.Networks[0].EffectiveMacAddress("linux", 0)} {Mac}", Words(guest.Run("cat /sys/class/net/eth?/address")));
            Assert.Equal($"65520 {TapMtu}", Words(guest.Run("cat /sys/class/net/eth?/mtu")));

            // What DHCP gave leads through passt to the host's own loopback, by the address of the host's router.
            string router = guest.Run("cat /tmp/router").Trim();
            Assert.True(IPAddress.TryParse(router, out _), $"no address by DHCP: {guest.Run("ip addr; ip route")}");
            Assert.Equal("from the host", Fetch(guest, router, "page").Trim());
            Assert.Equal("from the host", Fetch(guest, HostOnTap, "page").Trim());
            Assert.Equal("from the guest", Page($"http://127.0.0.1:{forwarded}/"));
            Assert.Equal("from the guest", Page($"http://{GuestOnTap}/"));

            // Every byte of a large file arrives, in large segments over the one and in frames of one MTU over the other.
            long began = TimeProvider.System.GetTimestamp();
            Assert.Contains(hash, guest.Run($"wget -q -O - http://{HostOnTap}:{_port}/file | sha256sum"));
            output.WriteLine($"{FileSize} bytes by the tap in {TimeProvider.System.GetElapsedTime(began).TotalSeconds:0.0} s");
            CountersAgree(guest);
            CableIsPulledAndPluggedIn(guest);
            guest.Type("poweroff\r");
            guest.ExpectEnd(StopReason.GuestPowerOff);
        }
        finally
        {
            server.Kill();
        }
    }

    // The frames that pass while one side has been read and the other has not: a neighbour's question or two.
    void CountersAgree(LinuxGuest guest)
    {
        const int Passing = 20, LongestQuestion = 90;
        for (int i = 0; i < 2; i++)
        {
            // What ip -s link shows, which busybox's does not.
            string[] statistics = Words(guest.Run($"cd /sys/class/net/eth{i}/statistics; cat rx_bytes rx_packets tx_bytes tx_packets")).Split(' ');
            IReadOnlyDictionary<string, long> counters = guest.Vm.GetDevices()[i].Counters;
            output.WriteLine($"eth{i}: {string.Join(' ', counters)}");
            string[] names = ["RxBytes", "RxPackets", "TxBytes", "TxPackets"];
            for (int n = 0; n < names.Length; n++)
            {
                long seen = long.Parse(statistics[n], CultureInfo.InvariantCulture), counted = counters[names[n]];
                long allowed = n % 2 == 0 ? Passing * LongestQuestion : Passing;
                Assert.True(counted > 0 && Math.Abs(seen - counted) <= allowed, $"eth{i} {names[n]}: {seen} in the guest, {counted} here");
            }
            Assert.Equal(0, counters["RxErrors"] + counters["TxErrors"]);
        }
        Assert.True(guest.Vm.GetDevices()[1].Counters["RxBytes"] >= FileSize, "the file came another way");
    }

    void CableIsPulledAndPluggedIn(LinuxGuest guest)
    {
        Assert.Equal("1", guest.Run("cat /sys/class/net/eth1/carrier").Trim());
        guest.Vm.ConnectNetworkAdapter(1, connected: false);
        Assert.Equal("0", Settled(guest, "cat /sys/class/net/eth1/carrier", "0"));
        Assert.Equal("1", guest.Run("cat /sys/class/net/eth0/carrier").Trim());
        Assert.DoesNotContain("from the host", guest.Run($"timeout 2 wget -q -O - http://{HostOnTap}:{_port}/page"));
        guest.Vm.ConnectNetworkAdapter(1, connected: true);
        Assert.Equal("1", Settled(guest, "cat /sys/class/net/eth1/carrier", "1"));
        // Both kernels let frames through a second later at most, and a question to a neighbour that was not answered must be over.
        Assert.Equal("from the host", Settled(guest, $"timeout 20 wget -q -O - http://{HostOnTap}:{_port}/page", "from the host"));
    }

    LinuxGuest Start(params NetworkConfiguration[] networks)
    {
        string initrd = Path.Combine(_folder, "initrd");
        InitramfsBuilder builder = new();
        builder.AddBusybox(Host.Busybox);
        builder.AddProfile(InitramfsProfile.Login);
        builder.AddKernelModules(KernelModuleTree.Open(null, Host.Kernel), ["virtio_mmio", "virtio_net", "af_packet"]);
        const UnixFileMode Program = UnixFileMode.UserRead | UnixFileMode.UserExecute;
        builder.AddText("/etc/rc.local", Startup + "\n", Program);
        builder.AddText("/etc/udhcpc", Udhcpc + "\n", Program);
        builder.WriteTo(initrd, InitramfsCompression.None);
        return new(initrd: initrd, configure: machine => machine with { Networks = networks });
    }

    string MakeFiles()
    {
        byte[] content = new byte[FileSize];
        new Random(4).NextBytes(content);
        File.WriteAllBytes(Path.Combine(_folder, "file"), content);
        File.WriteAllText(Path.Combine(_folder, "page"), "from the host\n");
        return Convert.ToHexStringLower(SHA256.HashData(content));
    }

    string Fetch(LinuxGuest guest, string host, string name) => guest.Run($"timeout 20 wget -q -O - http://{host}:{_port}/{name}");

    static string Page(string address)
    {
        using HttpClient client = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(30) };
        return client.GetStringAsync(address).GetAwaiter().GetResult().Trim();
    }

    // The driver hears of a cable on a thread of its own.
    static string Settled(LinuxGuest guest, string command, string expected)
    {
        string seen = "";
        for (int i = 0; i < 20 && seen != expected; i++) seen = guest.Run(command).Trim();
        return seen;
    }

    static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    static string Words(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
