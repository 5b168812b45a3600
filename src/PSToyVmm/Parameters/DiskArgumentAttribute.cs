using System.Collections;
using System.Management.Automation;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>
/// Lets a disk be a path, a file object, a hashtable (<c>@{ Path = 'root.raw'; Root = $true }</c>), or a disk of another
/// machine. Paths are made full later, where the current location is known.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class DiskArgumentAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) => Unwrap(inputData) switch
    {
        null => Array.Empty<DiskConfiguration>(),
        string or FileSystemInfo or IDictionary or DiskConfiguration or VmDisk => new[] { One(inputData) },
        IEnumerable several => several.Cast<object>().Select(One).ToArray(),
        _ => new[] { One(inputData) },
    };

    static DiskConfiguration One(object? input) => Unwrap(input) switch
    {
        DiskConfiguration disk => disk,
        VmDisk disk => disk.Configuration,
        FileSystemInfo file => new() { Path = file.FullName },
        string path when !string.IsNullOrWhiteSpace(path) => new() { Path = path },
        IDictionary table => FromTable(table),
        null or string => throw new ArgumentTransformationMetadataException("A disk has to have a path."),
        var other => throw new ArgumentTransformationMetadataException($"A {other.GetType().Name} is not a disk: give a path, a file, or @{{ Path = '...'; ReadOnly = $true }}."),
    };

    static DiskConfiguration FromTable(IDictionary table)
    {
        var disk = new DiskConfiguration { Path = "" };
        foreach (DictionaryEntry entry in table)
        {
            object? value = Unwrap(entry.Value);
            disk = $"{entry.Key}".ToUpperInvariant() switch
            {
                "PATH" => disk with { Path = value is FileSystemInfo file ? file.FullName : $"{value}" },
                "READONLY" => disk with { ReadOnly = LanguagePrimitives.IsTrue(value) },
                "SNAPSHOT" => disk with { Snapshot = LanguagePrimitives.IsTrue(value) },
                "RAW" => disk with { Raw = LanguagePrimitives.IsTrue(value) },
                "ROOT" => disk with { IsRoot = LanguagePrimitives.IsTrue(value) },
                "SERIAL" => disk with { Serial = $"{value}" },
                "CACHEMODE" => disk with { CacheMode = To<DiskCacheMode>(entry) },
                "BYTESPERSECOND" => disk with { BytesPerSecond = To<long>(entry) },
                "OPERATIONSPERSECOND" => disk with { OperationsPerSecond = To<long>(entry) },
                "BURSTBYTES" => disk with { BurstBytes = To<long>(entry) },
                "BURSTOPERATIONS" => disk with { BurstOperations = To<long>(entry) },
                _ => throw new ArgumentTransformationMetadataException(
                    $"A disk has no '{entry.Key}': its hashtable may have Path, ReadOnly, Snapshot, Raw, Root, Serial, CacheMode, BytesPerSecond, OperationsPerSecond, BurstBytes and BurstOperations."),
            };
        }
        return disk.Path.Length > 0 ? disk : throw new ArgumentTransformationMetadataException("A disk's hashtable has to have a Path.");
    }

    static T To<T>(DictionaryEntry entry)
    {
        try
        {
            return LanguagePrimitives.ConvertTo<T>(entry.Value);
        }
        catch (PSInvalidCastException e)
        {
            throw new ArgumentTransformationMetadataException($"A disk's {entry.Key} cannot be '{entry.Value}': {e.Message}", e);
        }
    }

    static object? Unwrap(object? value) => value is PSObject wrapped ? wrapped.BaseObject : value;
}
