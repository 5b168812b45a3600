using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using PSToyVmm.Engine.Backends;

namespace PSToyVmm.Engine.Machines;

/// <content>Forwarded ports, written as for <c>docker run -p</c>.</content>
public sealed partial record NetworkConfiguration
{
    [GeneratedRegex(@"^(?:(?<address>\d+\.\d+\.\d+\.\d+|\[[0-9a-fA-F:.]+\]):)?(?<host>\d{1,5})(?::(?<guest>\d{1,5}))?(?:/(?<protocol>tcp|udp))?$", RegexOptions.IgnoreCase)]
    private static partial Regex ForwardPattern { get; }

    static PortForward ParseForward(string text)
    {
        Match match = ForwardPattern.Match(text);
        if (match.Success)
        {
            string address = match.Groups["address"].Value.Trim('[', ']');
            IPAddress? from = null;
            ushort host = Port(match.Groups["host"]), guest = match.Groups["guest"].Success ? Port(match.Groups["guest"]) : host;
            if (host > 0 && guest > 0 && (address.Length == 0 || IPAddress.TryParse(address, out from)))
                return new(from, host, guest, match.Groups["protocol"].Value.Equals("udp", StringComparison.OrdinalIgnoreCase));
        }
        throw Invalid($"'{text}' forwards no port; write the host's and the guest's, such as 8080:80, 127.0.0.1:2222:22 or 5353:53/udp.");
    }

    static ushort Port(Group group) => ushort.TryParse(group.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) ? port : (ushort)0;
}
