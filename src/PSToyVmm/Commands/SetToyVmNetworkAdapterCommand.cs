using System.Management.Automation;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>Plugs the cables of network adapters in or out, while their machines run, too; changes what else they are while those are off.</summary>
[Cmdlet(VerbsCommon.Set, "ToyVmNetworkAdapter", SupportsShouldProcess = true, DefaultParameterSetName = NameSet)]
[OutputType(typeof(VmNetworkAdapter))]
public sealed class SetToyVmNetworkAdapterCommand : NetworkAdapterTargetCmdlet
{
    /// <summary>Whether the cable is plugged in.</summary>
    [Parameter]
    public bool? Connected { get; set; }

    /// <summary>A tap that is there, or the name of one to make; a name of the machine's where it is empty.</summary>
    [Parameter]
    [AllowEmptyString, ArgumentCompleter(typeof(NetworkCompleter))]
    public string TapName { get; set; } = "";

    /// <summary>The bridge that the tap becomes a port of; none where it is empty.</summary>
    [Parameter]
    [AllowEmptyString, ArgumentCompleter(typeof(NetworkCompleter))]
    public string Bridge { get; set; } = "";

    /// <summary>The host's own address on the tap, and its network; none where it is empty.</summary>
    [Parameter]
    [AllowEmptyString]
    public string HostAddress { get; set; } = "";

    /// <summary>Ports of the host that lead into the guest, with the type User.</summary>
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

    /// <summary>Emits the adapter as it is then.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessPart(VirtualMachine vm, int number)
    {
        ArgumentNullException.ThrowIfNull(vm);
        if (!ShouldProcess(vm.Name, $"Change network adapter {number}")) return;
        if (new[] { nameof(TapName), nameof(Bridge), nameof(HostAddress), nameof(PortForward), nameof(MacAddress), nameof(Mtu) }.Any(IsGiven)) vm.ChangeNetworkAdapter(number, Change);
        if (Connected is { } connected) vm.ConnectNetworkAdapter(number, connected);
        if (PassThru) WriteObject(new VmNetworkAdapter(vm, number));
    }

    NetworkConfiguration Change(NetworkConfiguration network) => network with
    {
        TapName = IsGiven(nameof(TapName)) ? TapName ?? "" : network.TapName,
        Bridge = IsGiven(nameof(Bridge)) ? Bridge ?? "" : network.Bridge,
        HostAddress = IsGiven(nameof(HostAddress)) ? HostAddress ?? "" : network.HostAddress,
        PortForwards = IsGiven(nameof(PortForward)) ? PortForward ?? [] : network.PortForwards,
        MacAddress = IsGiven(nameof(MacAddress)) ? MacAddress ?? "" : network.MacAddress,
        Mtu = IsGiven(nameof(Mtu)) ? Mtu : network.Mtu,
    };

    bool IsGiven(string parameter) => MyInvocation.BoundParameters.ContainsKey(parameter);
}
