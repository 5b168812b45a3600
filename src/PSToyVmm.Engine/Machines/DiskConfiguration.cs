using System.Text;
using PSToyVmm.Engine.Backends;
using PSToyVmm.Engine.Virtio;
using PSToyVmm.Engine.Virtio.Block;

namespace PSToyVmm.Engine.Machines;

/// <summary>A disk of a machine.</summary>
public sealed record DiskConfiguration
{
    /// <summary>Full path of a raw image or a block device.</summary>
    public required string Path { get; init; }

    /// <summary>Whether the guest may only read it.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Whether changes are kept elsewhere, and forgotten when the machine is off.</summary>
    public bool Snapshot { get; init; }

    /// <summary>Whether the image is raw whatever it looks like.</summary>
    public bool Raw { get; init; }

    /// <summary>Up to 20 ASCII characters that the guest can know the disk by; empty for the disk's number.</summary>
    public string Serial { get; init; } = "";

    /// <summary>Whether the guest's root file system is on it: the command line says so then.</summary>
    public bool IsRoot { get; init; }

    /// <summary>When what the guest wrote is on the host's disk.</summary>
    public DiskCacheMode CacheMode { get; init; }

    /// <summary>Bytes per second on average; 0 for no limit.</summary>
    public long BytesPerSecond { get; init; }

    /// <summary>Requests per second on average; 0 for no limit.</summary>
    public long OperationsPerSecond { get; init; }

    /// <summary>Bytes at once after a pause; 0 for those of a second.</summary>
    public long BurstBytes { get; init; }

    /// <summary>Requests at once after a pause; 0 for those of a second.</summary>
    public long BurstOperations { get; init; }

    internal RateLimit Limit => new(BytesPerSecond, OperationsPerSecond, BurstBytes, BurstOperations);

    internal DiskAccess Access => Snapshot ? DiskAccess.Snapshot : ReadOnly ? DiskAccess.ReadOnly : DiskAccess.ReadWrite;

    /// <summary>What the guest's Linux calls the disk of that number.</summary>
    public static string GuestName(int index) => $"/dev/vd{(char)('a' + index)}";

    /// <summary>What users and statistics call it.</summary>
    internal static string Label(int index) => $"disk{index}";

    /// <summary>Checks a machine's disks, the files too; works where they are in use.</summary>
    /// <exception cref="VmException">DiskOptionInvalid, or what is wrong with a file.</exception>
    internal static void Validate(IReadOnlyList<DiskConfiguration> disks)
    {
        foreach (DiskConfiguration disk in disks)
        {
            disk.ValidateOptions();
            DiskImage.Check(disk.Path, readOnly: disk.Access != DiskAccess.ReadWrite, disk.Raw);
        }
        if (disks.Count(disk => disk.IsRoot) > 1) throw Invalid("Only one disk can have the root file system; mark one of them.");
        IGrouping<string, DiskConfiguration>? twice = disks.GroupBy(disk => disk.Path)
            .FirstOrDefault(same => same.Count() > 1 && same.Any(disk => disk.Access == DiskAccess.ReadWrite));
        if (twice is not null) throw Invalid($"'{twice.Key}' is two disks of one machine, and one of them is written; give it once, or both with -ReadOnly or -Snapshot.");
    }

    /// <summary>What the kernel is told of the disk with the root file system; empty where there is none, or where it has been told.</summary>
    internal static string RootParameters(IReadOnlyList<DiskConfiguration> disks, string commandLine)
    {
        for (int i = 0; i < disks.Count; i++)
            if (disks[i].IsRoot && !commandLine.Split(' ').Any(word => word.StartsWith("root=", StringComparison.Ordinal)))
                return $"root={GuestName(i)} {(disks[i].ReadOnly ? "ro" : "rw")}";
        return "";
    }

    /// <summary>Opens and locks the image for a run.</summary>
    /// <exception cref="VmException">What is wrong with the file, or who has it.</exception>
    internal BlockDevice Open(int index)
    {
        IBlockBackend backend = DiskBackend.Open(Path, Access, Raw, BlockDevice.QueueSize);
        backend.Writethrough = CacheMode == DiskCacheMode.Writethrough;
        return new(Label(index), backend, Encoding.ASCII.GetBytes(Serial.Length == 0 ? Label(index) : Serial), Limit, TimeProvider.System);
    }

    internal void ValidateOptions()
    {
        if (ReadOnly && Snapshot) throw Invalid($"The disk '{Path}' cannot be both read-only and a snapshot, which is written; choose one.");
        if (Serial.Length > BlockDevice.SerialSize || !Serial.All(c => c is >= ' ' and <= '~'))
            throw Invalid($"The serial number '{Serial}' has to be at most {BlockDevice.SerialSize} visible ASCII characters.");
        if (Limit.Fault is { } fault) throw Invalid($"The limits of the disk '{Path}' cannot be: {fault}.");
    }

    static VmException Invalid(string sentence) => new(VmErrorId.DiskOptionInvalid, VmErrorKind.InvalidArgument, sentence);
}
