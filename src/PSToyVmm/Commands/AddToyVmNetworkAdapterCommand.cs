using System.Management.Automation;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>Adds a network adapter to machines that are off.</summary>
[Cmdlet(VerbsCommon.Add, "ToyVmNetworkAdapter", SupportsShouldProcess = true, DefaultParameterSetName = NameSet)]
[OutputType(typeof(VmNetworkAdapter))]
public sealed class AddToyVmNetworkAdapterCommand : VmTargetCmdlet
{
    /// <summary>What its wire leads to: User, without rights on the host, or Tap.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    public NetworkType Type { get; set; }

    /// <summary>A tap that is there, or the name of one to make; a name of the machine's where it is empty.</summary>
    [Parameter]
    [AllowEmptyString, ArgumentCompleter(typeof(NetworkCompleter))]
    public string TapName { get; set; } = "";

    /// <summary>The bridge that the tap becomes a port of.</summary>
    [Parameter]
    [AllowEmptyString, ArgumentCompleter(typeof(NetworkCompleter))]
    public string Bridge { get; set; } = "";

    /// <summary>The host's own address on the tap, and its network: 192.0.2.1/24.</summary>
    [Parameter]
    [AllowEmptyString]
    public string HostAddress { get; set; } = "";

    /// <summary>Ports of the host that lead into the guest, with -Type User: 8080:80, 127.0.0.1:2222:22, 5353:53/udp.</summary>
    [Parameter]
    [AllowEmptyCollection]
    public string[] PortForward { get; set; } = [];

    /// <summary>The guest's hardware address; one that the machine's name makes where it is empty.</summary>
    [Parameter]
    [Alias("StaticMacAddress"), AllowEmptyString]
    public string MacAddress { get; set; } = "";

    /// <summary>Bytes of a frame without its Ethernet header, at the most; 0 for what the type has by itself.</summary>
    [Parameter]
    public int Mtu { get; set; }

    /// <summary>Leaves the cable unplugged.</summary>
    [Parameter]
    public SwitchParameter Disconnected { get; set; }

    /// <summary>Emits the new adapter.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessMachine(VirtualMachine vm)
    {
        ArgumentNullException.ThrowIfNull(vm);
        if (!ShouldProcess(vm.Name, $"Add a network adapter of the type {Type}")) return;
        vm.AddNetworkAdapter(new()
        {
            Type = Type,
            TapName = TapName ?? "",
            Bridge = Bridge ?? "",
            HostAddress = HostAddress ?? "",
            PortForwards = PortForward ?? [],
            MacAddress = MacAddress ?? "",
            Mtu = Mtu,
            Connected = !Disconnected,
        });
        if (PassThru) WriteObject(new VmNetworkAdapter(vm, vm.Networks.Count - 1));
    }
}
