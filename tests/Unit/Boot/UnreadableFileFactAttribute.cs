using Xunit;

namespace PSToyVmm.Tests.Unit.Boot;

/// <summary>
/// A fact that needs a file which this process may not read. Root may read all but what sysfs itself refuses; where not
/// even that exists it is skipped, saying so.
/// </summary>
sealed class UnreadableFileFactAttribute : FactAttribute
{
    const string WriteOnly = "/sys/bus/platform/drivers_probe";

    public UnreadableFileFactAttribute()
    {
        if (Environment.IsPrivilegedProcess && !File.Exists(WriteOnly)) Skip = $"Root may read every file here, and there is no {WriteOnly}.";
    }

    /// <summary>A path that cannot be read: the given file, made so, or one of sysfs.</summary>
    public static string Make(string path)
    {
        if (Environment.IsPrivilegedProcess) return WriteOnly;
#pragma warning disable CA1416 // the unit tests run on Linux, as the engine does
        File.SetUnixFileMode(path, UnixFileMode.None);
#pragma warning restore CA1416
        return path;
    }
}
