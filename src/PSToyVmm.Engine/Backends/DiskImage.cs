using Microsoft.Win32.SafeHandles;
using PSToyVmm.Engine.Native;

namespace PSToyVmm.Engine.Backends;

/// <summary>
/// A raw image or a block device that is open, and locked: for writing against everybody, for reading against writers.
/// An image whose size is no whole number of 512-byte sectors is read as if zeroes followed, and refused for writing,
/// which would make it grow.
/// </summary>
sealed class DiskImage : IDisposable
{
    const uint SectorSize = 512, LargestBlock = 4096;
    const uint TypeMask = 0xf000, RegularFile = 0x8000, BlockFile = 0x6000, DirectoryFile = 0x4000; // S_IFMT of sys/stat.h

    DiskImage(string path, SafeFileHandle handle, bool readOnly, bool isBlockDevice)
    {
        (Path, Handle, IsReadOnly, IsBlockDevice) = (path, handle, readOnly, isBlockDevice);
        Length = isBlockDevice ? BlockIoctl.SizeOf(handle) : (ulong)RandomAccess.GetLength(handle);
        BlockSize = isBlockDevice ? Math.Clamp(BlockIoctl.BlockSizesOf(handle).Physical, SectorSize, LargestBlock) : LargestBlock;
    }

    public string Path { get; }

    public SafeFileHandle Handle { get; }

    public bool IsReadOnly { get; }

    public bool IsBlockDevice { get; }

    /// <summary>Bytes of the file.</summary>
    public ulong Length { get; }

    /// <summary>Bytes of the disk: those of the file, up to a whole sector.</summary>
    public ulong Capacity => (Length + SectorSize - 1) / SectorSize * SectorSize;

    public uint BlockSize { get; }

    /// <summary>Opens and locks an image.</summary>
    /// <param name="path">Full path.</param>
    /// <param name="readOnly">Whether nothing will be written to it; also where changes go elsewhere.</param>
    /// <param name="raw">Whether bytes that look like another format are the guest's.</param>
    /// <exception cref="VmException">With the id of what is wrong with the file, or DiskInUse.</exception>
    public static DiskImage Open(string path, bool readOnly, bool raw)
    {
        DiskImage image = Examine(path, readOnly, raw);
        if (FileLock.TryTake(image.Handle, shared: readOnly)) return image;
        image.Dispose();
        throw InUse(path, readOnly);
    }

    static VmException InUse(string path, bool readOnly)
    {
        string holder = FileLockHolder.Find(path) is { } found ? $"locked by {found}" : "locked by another program";
        return new(VmErrorId.DiskInUse, VmErrorKind.ResourceUnavailable, readOnly
            ? $"'{path}' is {holder}, which writes to it; stop that first, or give the machine a copy."
            : $"'{path}' is {holder}; a disk has one writer, or any number of readers. Stop that first, or use the disk there and here with -ReadOnly or -Snapshot.");
    }

    /// <summary>The same checks without a lock, which only a machine that runs needs.</summary>
    /// <exception cref="VmException">With the id of what is wrong with the file.</exception>
    public static void Check(string path, bool readOnly, bool raw) => Examine(path, readOnly, raw).Dispose();

    /// <summary>A sparse file of zeroes without a name, which goes with the process however that ends; where TMPDIR says, or in /var/tmp, which is no memory.</summary>
    /// <exception cref="VmException">FileUnwritable.</exception>
    public static DiskImage Temporary(ulong capacity)
    {
        string path = System.IO.Path.Combine(Environment.GetEnvironmentVariable("TMPDIR") is { Length: > 0 } directory ? directory : "/var/tmp", $"pstoyvmm-{Guid.NewGuid():n}");
        try
        {
            SafeFileHandle file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            File.Delete(path);
            RandomAccess.SetLength(file, (long)capacity);
            return new(path, file, readOnly: false, isBlockDevice: false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new VmException(VmErrorId.FileUnwritable, VmErrorKind.PermissionDenied,
                $"The changes to a snapshot disk of {capacity} bytes cannot be kept in '{System.IO.Path.GetDirectoryName(path)}': {e.Message}. TMPDIR names another directory.", e);
        }
    }

    public void Dispose() => Handle.Dispose();

    static DiskImage Examine(string path, bool readOnly, bool raw)
    {
        bool isBlockDevice = IsBlockDeviceAt(path);
        // Exclusive use of a block device, where only reading is no harm, keeps out mounts; not blocking: a medium may be missing.
        int flags = Libc.O_CLOEXEC | Libc.O_NONBLOCK | (readOnly ? 0 : Libc.O_RDWR) | (isBlockDevice && !readOnly ? Libc.O_EXCL : 0);
        int descriptor = Libc.open(path, flags);
        if (descriptor < 0) throw OpenFailed(path, readOnly, Errno.Last);
        DiskImage image = new(path, new(descriptor, ownsHandle: true), readOnly, isBlockDevice);
        try
        {
            image.CheckSize();
            if (!raw) image.CheckFormat();
            return image;
        }
        catch
        {
            image.Dispose();
            throw;
        }
    }

    static bool IsBlockDeviceAt(string path)
    {
        if (FileOwner.TryStat(path) is not { } stat) throw OpenFailed(path, readOnly: true, Errno.Last);
        return (stat.Mode & TypeMask) switch
        {
            RegularFile => false,
            BlockFile => true,
            DirectoryFile => throw new VmException(VmErrorId.PathIsDirectory, VmErrorKind.InvalidArgument,
                $"'{path}' is a directory; give a raw disk image or a block device. New-ToyVmDisk -Content makes an image of a directory."),
            _ => throw new VmException(VmErrorId.DiskFormatUnsupported, VmErrorKind.InvalidData, $"'{path}' is neither a regular file nor a block device; give a raw disk image."),
        };
    }

    void CheckSize()
    {
        if (Length == 0)
            throw new VmException(VmErrorId.DiskSizeInvalid, VmErrorKind.InvalidData, $"'{Path}' is empty; a disk has at least one sector of {SectorSize} bytes. New-ToyVmDisk makes one of a size.");
        if (Length != Capacity && !IsReadOnly)
            throw new VmException(VmErrorId.DiskSizeInvalid, VmErrorKind.InvalidData,
                $"'{Path}' has {Length} bytes, which is no whole number of {SectorSize}-byte sectors: writing would make it grow. "
                + $"Lengthen it (truncate -s %{SectorSize} '{Path}'), or use it with -ReadOnly or -Snapshot, which read zeroes behind its end.");
    }

    void CheckFormat()
    {
        Span<byte> head = stackalloc byte[DiskFormat.HeadSize], tail = stackalloc byte[DiskFormat.TailSize];
        try
        {
            head = head[..RandomAccess.Read(Handle, head, 0)];
            tail = tail[..RandomAccess.Read(Handle, tail, Math.Max(0, (long)Length - DiskFormat.TailSize))];
        }
        catch (IOException e)
        {
            throw new VmException(VmErrorId.FileUnreadable, VmErrorKind.DeviceError, $"'{Path}' cannot be read: {e.Message}", e);
        }
        if (DiskFormat.Refusal(Path, head, tail) is { } refusal) throw new VmException(VmErrorId.DiskFormatUnsupported, VmErrorKind.InvalidData, refusal);
    }

    static VmException OpenFailed(string path, bool readOnly, int errno) => errno switch
    {
        Libc.ENOENT => new(VmErrorId.FileNotFound, VmErrorKind.NotFound, $"There is no file '{path}'; check the path of the disk, or make one with New-ToyVmDisk."),
        Libc.EACCES or Libc.EPERM or Libc.EROFS when readOnly => new(VmErrorId.FileUnreadable, VmErrorKind.PermissionDenied,
            $"No permission to read the disk '{path}' ({FileOwner.Describe(path)}); see its mode and owner."),
        Libc.EACCES or Libc.EPERM or Libc.EROFS => new(VmErrorId.FileUnwritable, VmErrorKind.PermissionDenied,
            $"No permission to write the disk '{path}' ({FileOwner.Describe(path)}); see its mode and owner, or use it with -ReadOnly or -Snapshot."),
        Libc.EBUSY when FileLockHolder.Find(path) is not null => InUse(path, readOnly),
        Libc.EBUSY => new(VmErrorId.DiskInUse, VmErrorKind.ResourceUnavailable,
            $"The block device '{path}' is mounted or in other use on the host, so a guest cannot write to it; unmount it, or use it with -ReadOnly or -Snapshot."),
        _ => new(VmErrorId.FileUnreadable, VmErrorKind.DeviceError, $"The disk '{path}' cannot be opened: {Errno.Describe(errno)}"),
    };
}
