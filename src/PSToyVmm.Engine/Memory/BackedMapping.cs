using Microsoft.Win32.SafeHandles;
using PSToyVmm.Engine.Native;

namespace PSToyVmm.Engine.Memory;

/// <summary>Turns a <see cref="MemorySource"/> into a mapping, and the descriptor behind it where there is one.</summary>
static class BackedMapping
{
    public static (SafeFileHandle? File, MappedRegion Mapping) Create(ulong size, MemorySource source)
    {
        source.Validate(size);
        SafeFileHandle? file = source.Backing switch
        {
            MemoryBacking.File => CreateFile(size, source.Path!),
            MemoryBacking.Shared => SharedMemory.TryCreate("toyvm", size, source.ReservedPageSize) ?? throw Refused(size, source),
            _ => null,
        };
        try
        {
            return (file, Map(size, source, file));
        }
        catch
        {
            file?.Dispose();
            throw;
        }
    }

    static MappedRegion Map(ulong size, MemorySource source, SafeFileHandle? file)
    {
        if (source.ReservedPageSize is var page and not 0) return MappedRegion.TryReserve(size, page, file) ?? throw Refused(size, source);
        bool transparent = source.HugePages == HugePages.Transparent;
        return file is null ? MappedRegion.Anonymous(size, transparent) : MappedRegion.OfFile(file, size, transparent);
    }

    // Every run begins with zeroes, as memory does. All blocks are taken at once: a page that the file system has no room
    // for when it is touched kills the process. Nobody else's machine may have the file.
    static SafeFileHandle CreateFile(ulong size, string path)
    {
        SafeFileHandle? file = null;
        try
        {
            file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            if (!FileLock.TryTake(file)) throw new IOException("another machine has it");
            RandomAccess.SetLength(file, 0);
            int errno = Libc.posix_fallocate(file, 0, (nint)size);
            if (errno == 0) return file;
            // What could be had of it is of no use, and may be all that the file system had.
            RandomAccess.SetLength(file, 0);
            throw new IOException($"{size} bytes of it: {Errno.Describe(errno)}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException) // the last of a FIFO
        {
            file?.Dispose();
            bool forbidden = e is UnauthorizedAccessException;
            throw new VmException(forbidden ? VmErrorId.FileUnwritable : VmErrorId.MemoryFileInvalid,
                forbidden ? VmErrorKind.PermissionDenied : VmErrorKind.ResourceUnavailable, $"The memory file '{path}' cannot be had: {e.Message.TrimEnd('.')}.", e);
        }
    }

    static VmException Refused(ulong size, MemorySource source) => source.ReservedPageSize != 0 ? source.Exhausted(size)
        : new VmException(VmErrorId.MemoryUnavailable, VmErrorKind.ResourceUnavailable, $"The host cannot share {size} bytes: {Errno.Describe(Errno.Last)}. Give the machine less memory.");
}
