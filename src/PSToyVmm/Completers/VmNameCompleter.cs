using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace PSToyVmm;

/// <summary>Completes names of machines, quoted where PowerShell needs it; the tooltip says how each one is.</summary>
public sealed class VmNameCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete,
        CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        string start = wordToComplete.Trim('\'', '"');
        return
            from vm in VmRegistry.All
            where vm.Name.StartsWith(start, StringComparison.OrdinalIgnoreCase)
            orderby vm.Name
            select new CompletionResult(Quote(vm.Name), vm.Name, CompletionResultType.ParameterValue,
                $"{vm.State}, {vm.MemoryAssigned >> 20} MiB: {vm.Status}");
    }

    static string Quote(string name) =>
        name[0] != '-' && name.All(c => char.IsLetterOrDigit(c) || c is '-' or '_' or '.') ? name : $"'{CodeGeneration.EscapeSingleQuotedStringContent(name)}'";
}
