using PSToyVmm.Engine;
using PSToyVmm.Engine.Machines;
using PSToyVmm.Engine.Native;
using PSToyVmm.Tests.Unit.Backends;
using Xunit;

namespace PSToyVmm.Tests.Unit.Machines;

[Collection("alone")]
public class NetworkTests
{
    static readonly NetworkConfiguration s_tap = new() { Type = NetworkType.Tap };

    [Fact]
    public void An_address_is_made_of_the_machine_s_name_and_stays()
    {
        Assert.Equal(s_tap.EffectiveMacAddress("web", 0), s_tap.EffectiveMacAddress("web", 0));
        string[] several = [s_tap.EffectiveMacAddress("web", 0), s_tap.EffectiveMacAddress("web", 1), s_tap.EffectiveMacAddress("db", 0)];
        Assert.Equal(several, several.Distinct());
        Assert.All(several, mac => Assert.Matches("^[0-9a-f][26ae](:[0-9a-f]{2}){5}$", mac));
        Assert.Equal("52:54:00:ab:cd:ef", (s_tap with { MacAddress = "525400-ABCDEF" }).EffectiveMacAddress("web", 0));
    }

    public static TheoryData<string, NetworkConfiguration> Impossible() => new()
    {
        { "no hardware address", s_tap with { MacAddress = "53:54:00:12:34:56" } },
        { "no hardware address", s_tap with { MacAddress = "00:00:00:00:00:00" } },
        { "no hardware address", s_tap with { MacAddress = "52:54" } },
        { "name of a tap", s_tap with { TapName = "a-name-of-16-char" } },
        { "name of a tap", s_tap with { TapName = "tap%d" } },
        { "name of a bridge", s_tap with { Bridge = "br/0" } },
        { "no address with its network", s_tap with { HostAddress = "192.0.2.1" } },
        { "no address with its network", s_tap with { HostAddress = "192.0.2.1/33" } },
        { "MTU of 67", s_tap with { Mtu = 67 } },
        { "MTU of 65521", s_tap with { Mtu = 65521 } },
        { "with the type User", s_tap with { PortForwards = ["80"] } },
        { "for the type Tap", new() { TapName = "tap0" } },
        { "no network of the kind", new() { Type = (NetworkType)7 } },
        { "forwards no port", new() { PortForwards = ["0:80"] } },
        { "forwards no port", new() { PortForwards = ["65536:80"] } },
        { "forwards no port", new() { PortForwards = ["80:"] } },
        { "forwards no port", new() { PortForwards = ["1.2.3.400:80:80"] } },
        { "forwards no port", new() { PortForwards = ["80:80/sctp"] } },
    };

    [Theory, MemberData(nameof(Impossible))]
    public void What_an_adapter_cannot_be_is_said(string words, NetworkConfiguration network)
    {
        VmException failure = Assert.Throws<VmException>(() => NetworkConfiguration.Validate("web", [network]));
        Assert.Equal(VmErrorId.NetworkOptionInvalid, failure.Id);
        Assert.Contains(words, failure.Message);
    }

    [Theory, InlineData("8080:80"), InlineData("22"), InlineData("127.0.0.1:2222:22/tcp"), InlineData("[::1]:5353:53/UDP")]
    public void Ports_are_forwarded_as_container_tools_write_it(string forward) => NetworkConfiguration.Validate("web", [new() { PortForwards = [forward] }]);

    [Fact]
    public void Two_adapters_of_a_machine_share_nothing()
    {
        foreach (NetworkConfiguration network in new NetworkConfiguration[] { s_tap with { TapName = "tap0" }, s_tap with { MacAddress = "52:54:00:12:34:56" }, new() { PortForwards = ["80"] } })
            Assert.Contains("cannot both", Assert.Throws<VmException>(() => NetworkConfiguration.Validate("web", [network, network])).Message);
        NetworkConfiguration.Validate("web", [s_tap, s_tap, new() { PortForwards = ["80", "80/udp"] }, new()]);
    }

    [Fact]
    public void Adapters_come_change_and_go_while_the_machine_is_off()
    {
        using GuestMachine machine = Machine(s_tap);
        machine.Vm.AddNetworkAdapter(new() { PortForwards = ["8080:80"] });
        machine.Vm.ChangeNetworkAdapter(0, network => network with { Mtu = 9000 });
        machine.Vm.ConnectNetworkAdapter(1, false);
        Assert.Equal([(9000, true), (0, false)], machine.Vm.Networks.Select(network => (network.Mtu, network.Connected)));
        machine.Vm.RemoveNetworkAdapter(0);
        Assert.Equal(NetworkType.User, Assert.Single(machine.Vm.Networks).Type);
        Assert.Equal(VmErrorId.NetworkAdapterNotFound, Assert.Throws<VmException>(() => machine.Vm.RemoveNetworkAdapter(1)).Id);
        Assert.Equal(VmErrorId.NetworkAdapterNotFound, Assert.Throws<VmException>(() => machine.Vm.ConnectNetworkAdapter(1, true)).Id);
        Assert.Equal(VmErrorId.NetworkOptionInvalid, Assert.Throws<VmException>(() => machine.Vm.ChangeNetworkAdapter(0, network => network with { Mtu = 1 })).Id);
    }

    [TapFact]
    public void A_running_machine_has_its_taps_and_gives_them_back()
    {
        if (KvmHost.Lack is not null) return;
        using GuestMachine machine = Machine(s_tap with { TapName = "toymachine" }, s_tap);
        machine.Vm.Start();
        Assert.Equal(["net0", "net1"], machine.Vm.GetDevices().Select(device => device.Name));
        Assert.Equal("tap toymachine", machine.Vm.GetDevices()[0].Backend);
        Assert.StartsWith("tap toy-", machine.Vm.GetDevices()[1].Backend);
        Assert.Equal("1", Carrier());
        machine.Vm.ConnectNetworkAdapter(0, false);
        Assert.Equal("0", Carrier());
        Assert.Equal(VmErrorId.VmRunning, Assert.Throws<VmException>(() => machine.Vm.ChangeNetworkAdapter(0, network => network with { Mtu = 9000 })).Id);
        machine.Vm.Reset(); // in place: as it was, and the cable is still out
        Assert.Equal("0", Carrier());
        machine.Vm.TurnOff();
        Assert.Equal(0, NetworkInterface.IndexOf("toymachine"));
        Assert.Equal(0, machine.Vm.GetDevices()[0].Counters["RxPackets"]);
    }

    [TapFact]
    public void A_machine_whose_second_adapter_cannot_be_leaves_nothing_of_its_first()
    {
        if (KvmHost.Lack is not null) return;
        using GuestMachine machine = Machine(s_tap with { TapName = "toyfirst" }, s_tap with { TapName = "lo" });
        Assert.Equal(VmErrorId.NetworkInterfaceFailed, Assert.Throws<VmException>(machine.Vm.Start).Id);
        Assert.Equal(MachineState.Off, machine.Vm.State);
        Assert.Equal(0, NetworkInterface.IndexOf("toyfirst"));
    }

    [PasstFact]
    public void A_machine_with_passt_starts_and_restarts()
    {
        if (KvmHost.Lack is not null) return;
        using GuestMachine machine = Machine(new NetworkConfiguration());
        machine.Vm.Start();
        machine.Vm.Reset();
        Assert.Equal("passt", Assert.Single(machine.Vm.GetDevices()).Backend);
    }

    static string Carrier() => File.ReadAllText("/sys/class/net/toymachine/carrier").Trim();

    static GuestMachine Machine(params NetworkConfiguration[] networks) => new(TinyGuest.Halt, configure: plain => plain with { Networks = networks });
}
