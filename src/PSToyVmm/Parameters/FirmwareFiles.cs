using System.Collections;
using System.Management.Automation;
using PSToyVmm.Engine;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>The table of files that New-ToyVm -FirmwareConfig takes: names, and paths, file objects or bytes.</summary>
static class FirmwareFiles
{
    /// <summary>The engine's form of it; <paramref name="resolvePath"/> makes a full path of what the user wrote.</summary>
    /// <exception cref="VmException">FirmwareFileInvalid: a value is none of these, or a name comes twice.</exception>
    public static IReadOnlyDictionary<string, FirmwareFile> From(IDictionary table, Func<string, string> resolvePath)
    {
        var files = new Dictionary<string, FirmwareFile>(StringComparer.Ordinal);
        foreach (DictionaryEntry entry in table)
        {
            string name = $"{entry.Key}";
            if (!files.TryAdd(name, FileOf(name, entry.Value, resolvePath)))
                throw Invalid($"The firmware configuration has two files named '{name}'.");
        }
        return files;
    }

    static FirmwareFile FileOf(string name, object? value, Func<string, string> resolvePath) =>
        (value is PSObject wrapped ? wrapped.BaseObject : value) switch
        {
            byte[] content => new(content),
            FileInfo file => new(file.FullName),
            string { Length: > 0 } path => new(resolvePath(path)),
            FirmwareFile file => file, // of a machine that is copied
            var other => throw Invalid($"'{name}' of the firmware configuration is {(other is null or "" ? "empty" : $"a {other.GetType().Name}")}: give a path, a file or a byte[]."),
        };

    static VmException Invalid(string sentence) => new(VmErrorId.FirmwareFileInvalid, VmErrorKind.InvalidArgument, sentence);
}
