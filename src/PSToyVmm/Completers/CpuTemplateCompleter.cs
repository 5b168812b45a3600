using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using PSToyVmm.Engine.Vcpus;

namespace PSToyVmm;

/// <summary>Completes the names of the built-in CPU templates; what begins like none of them is completed as a file.</summary>
public sealed class CpuTemplateCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete,
        CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        string start = (wordToComplete ?? "").Trim('\'', '"');
        var names = BuiltInCpuTemplates.Names.Where(name => name.StartsWith(start, StringComparison.OrdinalIgnoreCase))
            .Select(name => new CompletionResult(name, name, CompletionResultType.ParameterValue, "a CPU template of Firecracker"));
        return names.Concat(CompletionCompleters.CompleteFilename(wordToComplete ?? ""));
    }
}
