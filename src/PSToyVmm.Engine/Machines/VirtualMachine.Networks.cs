using PSToyVmm.Engine.Virtio.Net;

namespace PSToyVmm.Engine.Machines;

/// <content>Its network adapters.</content>
public sealed partial class VirtualMachine
{
    /// <summary>Its network adapters; the guest's first is eth0.</summary>
    public IReadOnlyList<NetworkConfiguration> Networks => Configuration.Networks;

    /// <summary>Adds a network adapter behind those it has.</summary>
    /// <exception cref="VmException">As <see cref="Reconfigure"/>.</exception>
    public void AddNetworkAdapter(NetworkConfiguration network) => Reconfigure(configuration => configuration with { Networks = [.. configuration.Networks, network] });

    /// <summary>Takes a network adapter away; those behind it move up.</summary>
    /// <exception cref="VmException">NetworkAdapterNotFound, or as <see cref="Reconfigure"/>.</exception>
    public void RemoveNetworkAdapter(int index)
    {
        NetworkAt(index);
        Reconfigure(configuration => configuration with { Networks = [.. configuration.Networks.Where((_, i) => i != index)] });
    }

    /// <summary>Makes a network adapter another one.</summary>
    /// <exception cref="VmException">NetworkAdapterNotFound, or as <see cref="Reconfigure"/>.</exception>
    public void ChangeNetworkAdapter(int index, Func<NetworkConfiguration, NetworkConfiguration> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        NetworkAt(index);
        Reconfigure(configuration => configuration with { Networks = [.. configuration.Networks.Select((network, i) => i == index ? change(network) : network)] });
    }

    /// <summary>Plugs an adapter's cable in, or pulls it out; while the machine runs, too.</summary>
    /// <exception cref="VmException">NetworkAdapterNotFound.</exception>
    public void ConnectNetworkAdapter(int index, bool connected)
    {
        lock (_gate)
        {
            while (_state == MachineState.Starting) Monitor.Wait(_gate); // its devices are being made of the old configuration
            NetworkConfiguration changed = NetworkAt(index) with { Connected = connected };
            Configuration = Configuration with { Networks = [.. Networks.Select((network, i) => i == index ? changed : network)] };
            foreach (NetDevice device in (_run?.Virtio?.Controls ?? []).Select(control => control.Device).OfType<NetDevice>().Skip(index).Take(1))
                device.IsLinkUp = connected;
        }
    }

    NetworkConfiguration NetworkAt(int index) => index >= 0 && index < Networks.Count ? Networks[index]
        : throw new VmException(VmErrorId.NetworkAdapterNotFound, VmErrorKind.NotFound,
            $"'{Name}' has no network adapter {index}; {(Networks.Count == 0 ? "it has none at all" : $"its adapters are 0 to {Networks.Count - 1}")}.");
}
