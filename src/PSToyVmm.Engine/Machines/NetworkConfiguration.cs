using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using PSToyVmm.Engine.Backends;
using PSToyVmm.Engine.Native;
using PSToyVmm.Engine.Virtio.Net;

namespace PSToyVmm.Engine.Machines;

/// <summary>A network adapter of a machine.</summary>
public sealed partial record NetworkConfiguration
{
    // Bytes behind an Ethernet header: what IPv4 needs at least, and what a frame has room for.
    const int LeastMtu = 68, LargestMtu = 65520;

    /// <summary>What its wire leads to.</summary>
    public NetworkType Type { get; init; }

    /// <summary>A tap's name: one that is there, or one that is made for the run; empty for a name of the machine's.</summary>
    public string TapName { get; init; } = "";

    /// <summary>The bridge that a tap becomes a port of; empty for none.</summary>
    public string Bridge { get; init; } = "";

    /// <summary>The host's own address on a tap, and its network: 192.0.2.1/24; empty for none.</summary>
    public string HostAddress { get; init; } = "";

    /// <summary>Bytes of a frame without its Ethernet header, at the most; 0 for what a tap has, or 65520 with passt.</summary>
    public int Mtu { get; init; }

    /// <summary>The guest's address, of six bytes; empty for one that the machine's name makes.</summary>
    public string MacAddress { get; init; } = "";

    /// <summary>Ports of the host that lead into the guest: <c>8080:80</c>, <c>127.0.0.1:2222:22</c>, <c>5353:53/udp</c>.</summary>
    public IReadOnlyList<string> PortForwards { get; init; } = [];

    /// <summary>Whether the cable is plugged in.</summary>
    public bool Connected { get; init; } = true;

    /// <summary>What the guest's Linux calls the adapter of that number, if nobody renames it.</summary>
    public static string GuestName(int index) => $"eth{index}";

    /// <summary>The guest's address, as it is written: given, or made of the machine's name and the adapter's number, so that it stays.</summary>
    public string EffectiveMacAddress(string machine, int index) =>
        string.Join(':', MacBytes(machine, index).Select(part => part.ToString("x2", CultureInfo.InvariantCulture)));

    /// <summary>What users and statistics call it.</summary>
    internal static string Label(int index) => $"net{index}";

    /// <summary>Checks a machine's adapters; asks nothing of the host.</summary>
    /// <exception cref="VmException">NetworkOptionInvalid.</exception>
    internal static void Validate(string machine, IReadOnlyList<NetworkConfiguration> networks)
    {
        foreach (NetworkConfiguration network in networks) network.ValidateOptions();
        ThrowIfTwice(networks.Select((network, i) => network.EffectiveMacAddress(machine, i)), mac => $"the hardware address {mac}");
        ThrowIfTwice(networks.Select(network => network.TapName).Where(name => name.Length > 0), name => $"the tap {name}");
        ThrowIfTwice(networks.SelectMany(network => network.Forwards).Select(forward => $"{(forward.IsUdp ? "UDP" : "TCP")} port {forward.HostPort} of the host"), port => port);
    }

    /// <summary>Makes the adapter for a run, with its wire.</summary>
    /// <exception cref="VmException">What the host refuses.</exception>
    internal NetDevice Open(string machine, int index)
    {
        INetBackend backend = Type == NetworkType.User ? PasstBackend.Open(Mtu == 0 ? PasstBackend.DefaultMtu : Mtu, Forwards) : TapBackend.Open(Tap(machine));
        return new(Label(index), backend, MacBytes(machine, index), Connected);
    }

    internal void ValidateOptions()
    {
        if (!Enum.IsDefined(Type)) throw Invalid($"There is no network of the kind '{Type}'; choose User or Tap.");
        if (Type == NetworkType.User && (TapName.Length > 0 || Bridge.Length > 0 || HostAddress.Length > 0))
            throw Invalid("A tap's name, a bridge and an address of the host's are for the type Tap; with User, passt is all there is on the host.");
        if (Type == NetworkType.Tap && PortForwards.Count > 0)
            throw Invalid("Ports are forwarded with the type User; behind a tap the guest has an address of its own, which the host reaches.");
        RequireName(TapName, "tap");
        RequireName(Bridge, "bridge");
        if (Mtu != 0 && Mtu is < LeastMtu or > LargestMtu) throw Invalid($"An MTU of {Mtu} cannot be; it is from {LeastMtu} to {LargestMtu}.");
        if (HostAddress.Length > 0) ParseAddress(HostAddress);
        if (MacAddress.Length > 0) ParseMac(MacAddress);
        foreach (string forward in PortForwards) ParseForward(forward);
    }

    IReadOnlyList<PortForward> Forwards => [.. PortForwards.Select(ParseForward)];

    TapSettings Tap(string machine)
    {
        (IPAddress? address, int prefix) = HostAddress.Length > 0 ? ParseAddress(HostAddress) : (null, 0);
        return new(TapName.Length > 0 ? TapName : NameFor(machine), Mtu, Bridge, address, prefix);
    }

    // "toy-", as much of the machine's name as leaves room for a number, and the first number that is free.
    static string NameFor(string machine)
    {
        string fitting = string.Concat(machine.Where(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_').Take(8));
        return $"toy-{fitting}%d";
    }

    byte[] MacBytes(string machine, int index)
    {
        if (MacAddress.Length > 0) return ParseMac(MacAddress);
        byte[] bytes = SHA256.HashData(Encoding.UTF8.GetBytes($"{machine}\n{index}"))[..NetDevice.MacSize];
        bytes[0] = (byte)(bytes[0] & ~3 | 2); // of one station, and of nobody's block
        return bytes;
    }

    static byte[] ParseMac(string text)
    {
        string digits = text.Replace(":", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal);
        byte[] bytes = digits.Length == 2 * NetDevice.MacSize && digits.All(char.IsAsciiHexDigit) ? Convert.FromHexString(digits) : [];
        if (bytes.Length == 0 || (bytes[0] & 1) != 0 || bytes.All(part => part == 0))
            throw Invalid($"'{text}' is no hardware address of a station; give six bytes such as 52:54:00:12:34:56, the first of them even.");
        return bytes;
    }

    static (IPAddress Address, int Prefix) ParseAddress(string text)
    {
        string[] parts = text.Split('/');
        if (parts.Length == 2 && IPAddress.TryParse(parts[0], out IPAddress? address) && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int prefix)
            && prefix > 0 && prefix <= (address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128))
            return (address, prefix);
        throw Invalid($"'{text}' is no address with its network; give one such as 192.0.2.1/24 or 2001:db8::1/64.");
    }

    static void RequireName(string name, string what)
    {
        if (name.Length > 0 && (Encoding.UTF8.GetByteCount(name) > NetworkInterface.LongestName || name is "." or ".." || name.Any(c => c is '/' or ':' or '%' || char.IsWhiteSpace(c) || char.IsControl(c))))
            throw Invalid($"'{name}' cannot be the name of a {what}: it has at most {NetworkInterface.LongestName} characters, and no space, slash, colon or percent sign.");
    }

    static void ThrowIfTwice(IEnumerable<string> values, Func<string, string> describe)
    {
        HashSet<string> seen = new(StringComparer.OrdinalIgnoreCase);
        foreach (string value in values)
            if (!seen.Add(value)) throw Invalid($"Two network adapters of one machine cannot both have {describe(value)}.");
    }

    static VmException Invalid(string sentence) => new(VmErrorId.NetworkOptionInvalid, VmErrorKind.InvalidArgument, sentence);
}
