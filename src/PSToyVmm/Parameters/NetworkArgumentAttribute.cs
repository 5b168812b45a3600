using System.Collections;
using System.Management.Automation;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>
/// Lets a network adapter be a word (<c>User</c>, <c>Tap</c>), a word with the one thing that is mostly wanted besides
/// (<c>User:8080:80</c> forwards a port, <c>Tap:tap0</c> names a tap), a hashtable of what Add-ToyVmNetworkAdapter has, or
/// an adapter of another machine.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class NetworkArgumentAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) => Unwrap(inputData) switch
    {
        null => Array.Empty<NetworkConfiguration>(),
        string or IDictionary or NetworkConfiguration or VmNetworkAdapter or NetworkType => new[] { One(inputData) },
        IEnumerable several => several.Cast<object>().Select(One).ToArray(),
        _ => new[] { One(inputData) },
    };

    static NetworkConfiguration One(object? input) => Unwrap(input) switch
    {
        NetworkConfiguration network => network,
        VmNetworkAdapter adapter => adapter.Configuration,
        NetworkType type => new() { Type = type },
        IDictionary table => FromTable(table),
        string text when FromText(text) is { } network => network,
        var other => throw new ArgumentTransformationMetadataException(
            $"'{other}' is no network: give User, User:8080:80 with a port to forward, Tap, Tap:NAME, or @{{ Type = 'Tap'; HostAddress = '192.0.2.1/24' }}."),
    };

    static NetworkConfiguration? FromText(string text)
    {
        string[] parts = text.Split(':', 2, StringSplitOptions.TrimEntries);
        string rest = parts.Length > 1 ? parts[1] : "";
        return parts[0].ToUpperInvariant() switch
        {
            "USER" => new() { Type = NetworkType.User, PortForwards = rest.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) },
            "TAP" => new() { Type = NetworkType.Tap, TapName = rest },
            _ => null,
        };
    }

    static NetworkConfiguration FromTable(IDictionary table)
    {
        // A table with what only a tap has is one's.
        bool isTap = table.Keys.Cast<object>().Any(key => $"{key}".ToUpperInvariant() is "TAPNAME" or "BRIDGE" or "HOSTADDRESS");
        NetworkConfiguration network = new() { Type = isTap ? NetworkType.Tap : NetworkType.User };
        foreach (DictionaryEntry entry in table)
        {
            network = $"{entry.Key}".ToUpperInvariant() switch
            {
                "TYPE" => network with { Type = To<NetworkType>(entry) },
                "TAPNAME" => network with { TapName = $"{Unwrap(entry.Value)}" },
                "BRIDGE" => network with { Bridge = $"{Unwrap(entry.Value)}" },
                "HOSTADDRESS" => network with { HostAddress = $"{Unwrap(entry.Value)}" },
                "PORTFORWARD" => network with { PortForwards = To<string[]>(entry) },
                "MACADDRESS" => network with { MacAddress = $"{Unwrap(entry.Value)}" },
                "MTU" => network with { Mtu = To<int>(entry) },
                "CONNECTED" => network with { Connected = LanguagePrimitives.IsTrue(entry.Value) },
                "DISCONNECTED" => network with { Connected = !LanguagePrimitives.IsTrue(entry.Value) },
                _ => throw new ArgumentTransformationMetadataException(
                    $"A network adapter has no '{entry.Key}': its hashtable may have Type, TapName, Bridge, HostAddress, PortForward, MacAddress, Mtu, Connected and Disconnected."),
            };
        }
        return network;
    }

    static T To<T>(DictionaryEntry entry)
    {
        try
        {
            return LanguagePrimitives.ConvertTo<T>(entry.Value);
        }
        catch (PSInvalidCastException e)
        {
            throw new ArgumentTransformationMetadataException($"A network adapter's {entry.Key} cannot be '{entry.Value}': {e.Message}", e);
        }
    }

    static object? Unwrap(object? value) => value is PSObject wrapped ? wrapped.BaseObject : value;
}
