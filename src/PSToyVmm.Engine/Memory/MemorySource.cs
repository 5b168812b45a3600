using System.Globalization;

namespace PSToyVmm.Engine.Memory;

/// <summary>Where guest RAM comes from.</summary>
/// <param name="Backing">What it is made of.</param>
/// <param name="HugePages">Of which size of page.</param>
/// <param name="Path">The file's full path, for <see cref="MemoryBacking.File"/>.</param>
public sealed record MemorySource(MemoryBacking Backing = MemoryBacking.Anonymous, HugePages HugePages = HugePages.Transparent, string? Path = null)
{
    const string Pools = "/sys/kernel/mm/hugepages";

    /// <summary>Memory of this process, of transparent huge pages.</summary>
    public static MemorySource Default { get; } = new();

    /// <summary>Bytes of a page that has to be set aside; 0 where none has.</summary>
    internal ulong ReservedPageSize => HugePages switch
    {
        HugePages.TwoMebibytes => 2 << 20,
        HugePages.OneGibibyte => 1 << 30,
        _ => 0,
    };

    /// <summary>Checks what can be checked without taking any memory.</summary>
    /// <exception cref="VmException">MemoryNotPageAligned, MemoryFileInvalid or HugePagesUnavailable.</exception>
    public void Validate(ulong size)
    {
        if (Backing == MemoryBacking.File) CheckFile(size);
        else if (Path is not null)
            throw FileFault($"The file '{Path}' was given for memory that is {Backing}; ask for memory of a file, or give no file.");
        if (ReservedPageSize is var page && page == 0) return;
        if (size % page != 0)
            throw new VmException(VmErrorId.MemoryNotPageAligned, VmErrorKind.InvalidArgument,
                $"{size} bytes of memory is no whole number of huge pages of {page >> 20} MiB; {((size / page) + 1) * page} would be.");
        if (Pool("nr_hugepages") is var pages && pages < size / page) throw PoolTooSmall(size, "are set aside", pages);
    }

    /// <summary>Why a mapping of reserved pages was refused.</summary>
    internal VmException Exhausted(ulong size) => PoolTooSmall(size, "are free", Pool("free_hugepages"));

    void CheckFile(ulong size)
    {
        if (string.IsNullOrEmpty(Path)) throw FileFault("Memory of a file needs the file's path.");
        if (ReservedPageSize != 0)
            throw FileFault($"The pages of '{Path}' are those of its file system; for huge ones give a file on hugetlbfs and ask for no size.");
        if (Path.Contains('\0', StringComparison.Ordinal)) throw FileFault("The memory file's path has a NUL in it, which no file's has.");
        if (Directory.Exists(Path)) throw FileFault($"'{Path}' is a directory; give the path of a file in it.");
        // The guest overwrites all of it, so it should be one that a guest has written, or new.
        if (new FileInfo(Path) is { Exists: true, Length: var length } && length != 0 && (ulong)length != size)
            throw FileFault($"'{Path}' is there and has {length} bytes, not the {size} of the machine's memory, so it is something else; it would be overwritten. Give another path, or remove it.");
    }

    ulong Pool(string what)
    {
        string file = $"{Pools}/hugepages-{ReservedPageSize >> 10}kB/{what}";
        return File.Exists(file) && ulong.TryParse(File.ReadAllText(file), NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out ulong pages) ? pages : 0;
    }

    VmException PoolTooSmall(ulong size, string state, ulong pages) => new(VmErrorId.HugePagesUnavailable, VmErrorKind.ResourceUnavailable,
        $"{size / ReservedPageSize} huge pages of {ReservedPageSize >> 20} MiB are needed and {pages} {state} on this host. Set more aside"
        + (HugePages == HugePages.TwoMebibytes ? $" (sudo sysctl vm.nr_hugepages={size / ReservedPageSize})" : " (when the host boots: hugepagesz=1G hugepages=N)")
        + ", or use transparent ones.");

    static VmException FileFault(string message) => new(VmErrorId.MemoryFileInvalid, VmErrorKind.InvalidArgument, message);
}
