using PSToyVmm.Engine.Boot.Unpacking;

namespace PSToyVmm.Engine.Boot.Initramfs.KernelModules;

/// <summary>One module's file, read and unpacked when first looked into.</summary>
sealed class KernelModule
{
    const string Extension = ".ko";

    // Guesses that are seldom wrong; and past the largest of modules (amdgpu with debug information) it is a bomb.
    const int Ratio = 8, LeastRoom = 1 << 16, MostRoom = 1 << 30;

    readonly string _path;
    readonly Lazy<byte[]> _content;
    readonly Lazy<ModuleInfo> _info;

    /// <summary>Describes a module.</summary>
    /// <param name="directory">The module tree.</param>
    /// <param name="place">Its path in the tree.</param>
    public KernelModule(string directory, string place)
    {
        _path = Path.Combine(directory, place);
        Name = NameOf(place);
        Place = place[..(place.LastIndexOf(Extension, StringComparison.Ordinal) + Extension.Length)].TrimStart('/');
        _content = new(() => Unpack(ReadFile(_path)));
        _info = new(() => ModuleInfo.Read(Content) ?? throw Invalid("is no module of an x86-64 kernel, or a damaged one"));
    }

    public string Name { get; }

    /// <summary>Its path in the tree without what compression added to it.</summary>
    public string Place { get; }

    /// <summary>The ELF file.</summary>
    public byte[] Content => _content.Value;

    public ModuleInfo Info => _info.Value;

    /// <summary>Whether a file's name is a module's, compressed or not.</summary>
    public static bool IsModule(string path) => Path.GetFileName(path) is var file && (file.EndsWith(Extension, StringComparison.Ordinal) || file.Contains(Extension + '.', StringComparison.Ordinal));

    /// <summary>The name of the module in a file, as the kernel has it: with underscores.</summary>
    public static string NameOf(string path)
    {
        string file = Path.GetFileName(path);
        int end = file.LastIndexOf(Extension, StringComparison.Ordinal);
        return Normalize(end < 0 ? file : file[..end]);
    }

    /// <summary>Modules are asked for with hyphens and underscores alike.</summary>
    public static string Normalize(string name) => name.Replace('-', '_');

    /// <summary>An error about this module; the sentence goes on after its path.</summary>
    public VmException Invalid(string sentence, Exception? inner = null) =>
        new(VmErrorId.KernelModuleInvalid, VmErrorKind.InvalidData, $"'{_path}' {sentence}.", inner);

    static byte[] ReadFile(string path)
    {
        using FileStream file = HostFile.Open(path);
        byte[] bytes = new byte[file.Length];
        return bytes[..file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
    }

    // Nothing tells the size beforehand; decoders stop where they have no room.
    byte[] Unpack(byte[] file)
    {
        if (PayloadFormat.Recognize(file) is not { IsKnown: true } format) return file;
        try
        {
            for (int room = Math.Max(LeastRoom, file.Length * Ratio); room is > 0 and <= MostRoom; room *= 2)
            {
                byte[] unpacked = new byte[room];
                int size = format.Decode(file, unpacked);
                if (size < room) return unpacked[..size];
            }
        }
        catch (Exception e) // as many kinds as there are decoders
        {
            throw Invalid($"cannot be unpacked ({format.Name}): {e.Message.TrimEnd('.')}", e);
        }
        throw Invalid($"unpacks to more than {MostRoom >> 20} MiB");
    }
}
