using System.Collections;
using System.Management.Automation;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>
/// Keeps a copy of a machine, as remoting and jobs bring it, from being taken for its name: another machine here may have the
/// same one, above all where both got theirs by themselves, and it would be the one that is stopped or removed.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class NameArgumentAttribute : ArgumentTransformationAttribute
{
    static readonly string s_copy = $"Deserialized.{typeof(VirtualMachine).FullName}";

    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        if (FindCopy(inputData) is { } copy)
            throw new ArgumentTransformationMetadataException($"'{copy}' is the copy of a machine in another process: use the machine itself there, or its name here if you mean one of this process.");
        return inputData;
    }

    // Names are a list of texts at most: what is deeper is refused by the conversion.
    static PSObject? FindCopy(object? input) => (input is PSObject wrapped ? wrapped.BaseObject : input) is IList list
        ? list.Cast<object?>().Select(CopyOrNull).FirstOrDefault(copy => copy is not null)
        : CopyOrNull(input);

    static PSObject? CopyOrNull(object? input) => input is PSObject item && item.TypeNames.Contains(s_copy) ? item : null;
}
