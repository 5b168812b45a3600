using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace PSToyVmm;

/// <summary>Completes ids of machines; the tooltip says whose each one is.</summary>
public sealed class VmIdCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete,
        CommandAst commandAst, IDictionary fakeBoundParameters) =>
        from vm in VmRegistry.All
        let id = $"{vm.Id}"
        where id.StartsWith((wordToComplete ?? "").Trim('\'', '"'), StringComparison.OrdinalIgnoreCase)
        select new CompletionResult(id, id, CompletionResultType.ParameterValue, $"{vm.Name}: {vm.Status}");
}
