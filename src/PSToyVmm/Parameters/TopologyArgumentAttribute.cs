using System.Collections;
using System.Management.Automation;

namespace PSToyVmm;

/// <summary>
/// Makes one text of a topology as people write it: <c>-Topology 2,4,1</c> and <c>-Topology sockets=2,cores=4</c>, which
/// PowerShell reads as arrays, or the object of another machine. The engine reads the text, so that its error has its id.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class TopologyArgumentAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        object? input = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        return input is IEnumerable items and not string ? string.Join(',', items.Cast<object?>()) : input?.ToString() ?? "";
    }
}
