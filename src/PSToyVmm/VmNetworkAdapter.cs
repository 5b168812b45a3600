using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>A network adapter of a machine, as Get-ToyVmNetworkAdapter emits it.</summary>
public sealed class VmNetworkAdapter
{
    internal VmNetworkAdapter(VirtualMachine machine, int number) => (Machine, Number, Configuration) = (machine, number, machine.Networks[number]);

    /// <summary>The machine's name.</summary>
    public string VmName => Machine.Name;

    /// <summary>Its number in the machine, from 0.</summary>
    public int Number { get; }

    /// <summary>What Linux in the guest calls it, if nobody renames it.</summary>
    public string GuestName => NetworkConfiguration.GuestName(Number);

    /// <summary>What its wire leads to.</summary>
    public NetworkType Type => Configuration.Type;

    /// <summary>Whether the cable is plugged in.</summary>
    public bool Connected => Configuration.Connected;

    /// <summary>The guest's hardware address.</summary>
    public string MacAddress => Configuration.EffectiveMacAddress(VmName, Number);

    /// <summary>The tap on the host: as it was given, or as it is called while the machine runs; empty where there is none.</summary>
    public string TapName
    {
        get
        {
            if (Configuration.TapName.Length > 0 || Type != NetworkType.Tap || Machine.State is MachineState.Off or MachineState.Faulted) return Configuration.TapName;
            var reading = Machine.GetDevices().FirstOrDefault(device => device.Name == $"net{Number}");
            return reading?.Backend.Split(' ')[^1] ?? "";
        }
    }

    /// <summary>The bridge that the tap is a port of; empty for none.</summary>
    public string Bridge => Configuration.Bridge;

    /// <summary>The host's own address on the tap; empty for none.</summary>
    public string HostAddress => Configuration.HostAddress;

    /// <summary>As it was asked for; 0 for what the type has by itself.</summary>
    public int Mtu => Configuration.Mtu;

    /// <summary>Ports of the host that lead into the guest.</summary>
    public IReadOnlyList<string> PortForward => Configuration.PortForwards;

    internal VirtualMachine Machine { get; }

    internal NetworkConfiguration Configuration { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{VmName} {GuestName}";
}
