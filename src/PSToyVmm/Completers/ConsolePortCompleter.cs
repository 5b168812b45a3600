using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace PSToyVmm;

/// <summary>Completes the names of consoles: those of the machine that is named already, or all that there can be.</summary>
public sealed class ConsolePortCompleter : IArgumentCompleter
{
    internal const string SerialPort = "ttyS0";

    static readonly (string Port, string Meaning)[] s_ports = [(SerialPort, "the serial port"), ("hvc0", "the virtio console (New-ToyVm -VirtioConsole)")];

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete,
        CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        ArgumentNullException.ThrowIfNull(fakeBoundParameters);
        string start = (wordToComplete ?? "").Trim('\'', '"');
        var machine = fakeBoundParameters["Name"] is string name ? VmRegistry.Find(name) : null;
        return
            from known in s_ports
            where known.Port.StartsWith(start, StringComparison.OrdinalIgnoreCase) && (machine is null || machine.Consoles.Any(console => console.Port == known.Port))
            select new CompletionResult(known.Port, known.Port, CompletionResultType.ParameterValue, known.Meaning);
    }
}
