using PSToyVmm.Engine.Boot;
using PSToyVmm.Engine.Devices;

namespace PSToyVmm.Engine.Machines;

/// <summary>One file of a machine's firmware configuration: bytes, or a file of the host that is read at each start.</summary>
public sealed record FirmwareFile
{
    /// <summary>The largest one, in bytes: guests read them byte by byte.</summary>
    public const int LargestSize = 64 << 20;

    readonly byte[] _content = [];

    /// <summary>A file of the host; <paramref name="path"/> is a full path.</summary>
    public FirmwareFile(string path) => Path = path;

    /// <summary>These bytes.</summary>
    public FirmwareFile(ReadOnlySpan<byte> content) => _content = content.ToArray();

    /// <summary>The file of the host; null where the bytes were given.</summary>
    public string? Path { get; }

    /// <summary>The bytes that were given; empty where there is a file.</summary>
    internal ReadOnlySpan<byte> Content => _content;

    /// <summary>Checks that there may be files of these names, and that the host's can be read.</summary>
    /// <exception cref="VmException">FirmwareFileInvalid, or what is wrong with the file.</exception>
    internal static void Check(IReadOnlyDictionary<string, FirmwareFile> files)
    {
        if (files.Count > FirmwareConfig.MostFiles)
            throw Invalid($"{files.Count} files are more than the {FirmwareConfig.MostFiles} that a firmware configuration may have.");
        foreach ((string name, FirmwareFile file) in files)
        {
            if (!FirmwareConfig.IsName(name))
                throw Invalid($"'{name}' cannot be the name of a file of the firmware configuration: it has to have 1 to {FirmwareConfig.LongestName} visible ASCII characters, such as opt/org.example/name.");
            using BootFile? open = file.Open(name);
        }
    }

    /// <summary>What the guest is to read.</summary>
    /// <exception cref="VmException">As <see cref="Check"/>.</exception>
    internal byte[] Read(string name)
    {
        using BootFile? file = Open(name);
        if (file is null) return _content;
        byte[] content = new byte[file.Length];
        file.Read(0, content);
        return content;
    }

    BootFile? Open(string name)
    {
        BootFile? file = Path is null ? null : BootFile.Open(Path, "firmware configuration", VmErrorId.FileUnreadable);
        long size = file?.Length ?? _content.Length;
        if (size <= LargestSize) return file;
        file?.Dispose();
        throw Invalid($"{size} bytes are too many for '{name}' of the firmware configuration; at most {LargestSize} are possible.");
    }

    static VmException Invalid(string sentence) => new(VmErrorId.FirmwareFileInvalid, VmErrorKind.InvalidArgument, sentence);
}
