using System.Diagnostics;
using System.Net;
using PSToyVmm.Engine;
using PSToyVmm.Engine.Backends;
using PSToyVmm.Engine.Native;
using PSToyVmm.Engine.Virtio.Net;
using PSToyVmm.Tests.Unit.Virtio.Net;
using Xunit;

namespace PSToyVmm.Tests.Unit.Backends;

/// <summary>Real taps, and this host's kernel at their other end.</summary>
public class TapBackendTests
{
    static readonly IPAddress s_host = IPAddress.Parse("198.51.100.1"), s_guest = IPAddress.Parse("198.51.100.2");

    [TapFact]
    public void The_host_s_kernel_answers_a_guest()
    {
        using NetRig rig = new(TapBackend.Open(new("toytest%d", HostAddress: s_host, HostPrefix: 24)), threaded: true);
        rig.Offer(2048, 100);
        GuestFrames.AskAndAwait(rig, s_host, s_guest);
        Assert.StartsWith("tap toytest", rig.Device.Backend);
        Assert.Equal((0, 0), (rig.Counter("TxErrors"), rig.Counter("RxErrors")));
        Assert.Null(rig.Driver.Failure);
    }

    [TapFact]
    public void A_tap_that_was_made_goes_with_its_machine()
    {
        using (TapBackend tap = TapBackend.Open(new("toygone", Mtu: 9000, HostAddress: IPAddress.Parse("2001:db8::1"), HostPrefix: 64)))
        {
            Assert.Equal("tap toygone", tap.Engine);
            Assert.Equal(9000, tap.Mtu);
            Assert.NotEqual(0, NetworkInterface.IndexOf("toygone"));
            Assert.Contains("20010db8000000000000000000000001", File.ReadAllText("/proc/net/if_inet6"), StringComparison.Ordinal);
        }
        Assert.Equal(0, NetworkInterface.IndexOf("toygone"));
    }

    [TapFact]
    public void A_tap_that_was_there_stays_and_has_one_user()
    {
        Ip("tuntap add dev toykept mode tap multi_queue");
        try
        {
            using (TapBackend.Open(new("toykept")))
            {
            }
            Assert.NotEqual(0, NetworkInterface.IndexOf("toykept"));
        }
        finally
        {
            Ip("tuntap del dev toykept mode tap multi_queue");
        }
        using (TapBackend.Open(new("toyone")))
            Assert.Equal(VmErrorId.NetworkTapInUse, Assert.Throws<VmException>(() => TapBackend.Open(new("toyone"))).Id);
    }

    [TapFact]
    public void What_cannot_be_is_said_and_leaves_no_tap()
    {
        Assert.Contains("no tap", Assert.Throws<VmException>(() => TapBackend.Open(new("lo"))).Message);
        Assert.Contains("bridge 'toynone'", Assert.Throws<VmException>(() => TapBackend.Open(new("toybad", Bridge: "toynone"))).Message);
        Assert.Equal(VmErrorId.NetworkInterfaceFailed, Assert.Throws<VmException>(() => TapBackend.Open(new("toybad", Mtu: 65_000_000))).Id);
        Assert.Equal(0, NetworkInterface.IndexOf("toybad"));
    }

    [TapFact]
    public void A_bridge_gets_the_tap_as_a_port()
    {
        Ip("link add toybr type bridge");
        try
        {
            using TapBackend tap = TapBackend.Open(new("toyport", Bridge: "toybr"));
            Assert.True(Directory.Exists("/sys/class/net/toybr/brif/toyport"));
        }
        finally
        {
            Ip("link del toybr");
        }
    }

    [TapFact]
    public void The_cable_is_seen_on_the_host()
    {
        using NetRig rig = new(TapBackend.Open(new("toycable")));
        Assert.Equal("1", File.ReadAllText("/sys/class/net/toycable/carrier").Trim());
        rig.Device.IsLinkUp = false;
        Assert.Equal("0", File.ReadAllText("/sys/class/net/toycable/carrier").Trim());
    }

    [TapFact]
    public void A_hostile_header_is_the_kernel_s_to_refuse_and_the_device_s_to_count()
    {
        using NetRig rig = new(TapBackend.Open(new("toytest%d")));
        byte[] frame = GuestFrames.AskFor(s_host, s_guest);
        (frame[0], frame[6], frame[7]) = (NetHeader.NeedsChecksum, 0xff, 0xff); // a checksum behind the frame's end
        rig.Send(frame);
        Assert.Equal((1, 0), (rig.Counter("TxErrors"), rig.Counter("TxPackets")));
        Assert.Equal(Libc.EINVAL, rig.Counter("LastErrno"));
        rig.Send(GuestFrames.AskFor(s_host, s_guest));
        Assert.Equal(1, rig.Counter("TxPackets"));
    }

    [TapFact]
    public void What_the_kernel_loses_for_a_guest_without_buffers_is_counted()
    {
        using NetRig rig = new(TapBackend.Open(new("toyslow", HostAddress: s_host, HostPrefix: 24)));
        Ip("link set toyslow txqueuelen 2");
        Ip($"neigh add {s_guest} lladdr 52:54:00:01:02:03 dev toyslow");
        using System.Net.Sockets.UdpClient sender = new();
        for (int i = 0; i < 5000 && rig.Counter("RxDropped") == 0; i++) sender.Send([1, 2, 3], new IPEndPoint(s_guest, 9));
        Assert.NotEqual(0, rig.Counter("RxDropped"));
    }

    [TapFact]
    public void A_tap_deleted_on_the_host_is_a_cable_pulled_out()
    {
        using NetRig rig = new(TapBackend.Open(new("toydel")), threaded: true);
        rig.Offer(2048, 4);
        Ip("link del toydel");
        SpinWait.SpinUntil(() => rig.Notes.Count > 0, TimeSpan.FromSeconds(20));
        Assert.Contains("'toydel' was deleted", Assert.Single(rig.Notes));
        Assert.Equal([0, 0], rig.Driver.ReadConfig(6, 2));
        Assert.Null(rig.Driver.Failure);
    }

    static void Ip(string arguments)
    {
        using Process ip = Process.Start(new ProcessStartInfo(File.Exists("/usr/sbin/ip") ? "/usr/sbin/ip" : "ip", arguments) { RedirectStandardError = true })!;
        string errors = ip.StandardError.ReadToEnd();
        ip.WaitForExit();
        Assert.True(ip.ExitCode == 0, $"ip {arguments}: {errors}");
    }
}
