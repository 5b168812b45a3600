using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace PSToyVmm;

/// <summary>Completes the kinds of networks for -Network, and the names of the host's taps and bridges.</summary>
public sealed class NetworkCompleter : IArgumentCompleter
{
    const string Interfaces = "/sys/class/net";

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete,
        CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        string start = (wordToComplete ?? "").Trim('\'', '"');
        IEnumerable<(string Text, string Tip)> all = (parameterName ?? "").ToUpperInvariant() switch
        {
            "BRIDGE" => InterfacesWith("bridge").Select(name => (name, "a bridge of this host")),
            "TAPNAME" => InterfacesWith("tun_flags").Select(name => (name, "a tap of this host")),
            _ => new[]
            {
                ("User", "the host's network through passt, without rights on the host"),
                ("User:8080:80", "the same, and the host's port 8080 leads to the guest's 80"),
                ("Tap", "a tap, made for the run"),
            }.Concat(InterfacesWith("tun_flags").Select(name => ($"Tap:{name}", "a tap of this host"))),
        };
        return all.Where(one => one.Text.StartsWith(start, StringComparison.OrdinalIgnoreCase))
            .Select(one => new CompletionResult(one.Text, one.Text, CompletionResultType.ParameterValue, one.Tip));
    }

    static IEnumerable<string> InterfacesWith(string attribute) =>
        !Directory.Exists(Interfaces) ? []
        : Directory.GetDirectories(Interfaces).Where(path => Path.Exists(Path.Combine(path, attribute))).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal);
}
