using System.Management.Automation;

namespace PSToyVmm;

/// <summary>
/// An address of the guest's. PowerShell takes 0xfee00000 for a negative int and 0xffffffff81000000 for a negative long: here
/// they are the bits that were written.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class AddressArgumentAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object inputData) => (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) switch
    {
        int value => (ulong)unchecked((uint)value),
        long value => unchecked((ulong)value),
        var other => other, // as PowerShell converts it
    };
}
