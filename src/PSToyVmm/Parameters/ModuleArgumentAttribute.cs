using System.Collections;
using System.Management.Automation;
using PSToyVmm.Engine;

namespace PSToyVmm;

/// <summary>
/// Lets a module be a path, a path and arguments after it, a file object, a hashtable of Path and Arguments, or a module of
/// another machine. Whether a string with spaces is a path or has arguments is found out later, where the files are known.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ModuleArgumentAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) => Unwrap(inputData) switch
    {
        null => Array.Empty<BootModule>(),
        string or FileSystemInfo or IDictionary or BootModule => new[] { One(inputData) },
        IEnumerable several => several.Cast<object>().Select(One).ToArray(),
        _ => new[] { One(inputData) },
    };

    static BootModule One(object? input) => Unwrap(input) switch
    {
        BootModule module => module,
        FileSystemInfo file => new(file.FullName),
        string path when !string.IsNullOrWhiteSpace(path) => new(path),
        IDictionary table when Entry(table, "Path") is { Length: > 0 } path => new(path, Entry(table, "Arguments") ?? ""),
        IDictionary => throw new ArgumentTransformationMetadataException("A module's hashtable has a Path and, perhaps, Arguments."),
        null or string => throw new ArgumentTransformationMetadataException("A module has to have a path."),
        var other => throw new ArgumentTransformationMetadataException($"A {other.GetType().Name} is not a module: give a path, a file, or @{{ Path = '...'; Arguments = '...' }}."),
    };

    static string? Entry(IDictionary table, string key) =>
        table.Keys.Cast<object>().FirstOrDefault(k => string.Equals(k.ToString(), key, StringComparison.OrdinalIgnoreCase)) is not { } found ? null
        : Unwrap(table[found]) is FileSystemInfo file ? file.FullName : table[found]?.ToString();

    static object? Unwrap(object? value) => value is PSObject wrapped ? wrapped.BaseObject : value;
}
