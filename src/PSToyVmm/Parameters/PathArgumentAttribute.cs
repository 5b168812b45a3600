using System.Management.Automation;
using PSToyVmm.Engine.Consoles;

namespace PSToyVmm;

/// <summary>
/// Lets a path parameter take the objects of Get-Item and Get-ChildItem: their full path counts, not how they print.
/// Other objects are refused rather than printed.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PathArgumentAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) =>
        (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) switch
        {
            FileSystemInfo file => file.FullName,
            string or null => inputData!,
            SerialLog => "", // a machine in the pipeline has one of that name; its copy is to have none, or its own
            var other => throw new ArgumentTransformationMetadataException($"A {other.GetType().Name} is not a path: give a string or a file."),
        };
}
