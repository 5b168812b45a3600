using System.Globalization;
using System.Management.Automation;

namespace PSToyVmm;

/// <summary>
/// Lets a TimeSpan parameter take seconds: <c>90</c>, <c>1.5</c> and <c>'90'</c> as well as <c>'00:01:30'</c> and TimeSpan
/// objects. (PowerShell itself would read <c>90</c> as ticks and <c>'90'</c> as days.)
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class TimeoutArgumentAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object input = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        TimeSpan? timeout = input switch
        {
            TimeSpan span => span,
            string text when Seconds(text) is { } seconds => FromSeconds(seconds),
            string text when TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var span) => span,
            sbyte or byte or short or ushort or int or uint or long or ulong or float or double or decimal =>
                FromSeconds(Convert.ToDouble(input, CultureInfo.InvariantCulture)),
            _ => null,
        };
        if (timeout is not { } value)
            throw new ArgumentTransformationMetadataException($"'{input}' is not a time: give seconds (90, 1.5) or a TimeSpan ('00:01:30').");
        if (value < TimeSpan.Zero && value != Timeout.InfiniteTimeSpan)
            throw new ArgumentTransformationMetadataException($"'{input}' is negative: give a time from 0 on.");
        return value;
    }

    static double? Seconds(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double seconds) ? seconds : null;

    static TimeSpan? FromSeconds(double seconds) =>
        double.IsNaN(seconds) ? null : seconds >= TimeSpan.MaxValue.TotalSeconds ? Timeout.InfiniteTimeSpan :
        TimeSpan.FromSeconds(Math.Max(seconds, -1));
}
