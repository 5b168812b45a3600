using Microsoft.Win32.SafeHandles;
using PSToyVmm.Engine.Memory;

namespace PSToyVmm.Engine.Boot;

/// <summary>
/// A kernel or an initrd on disk. It stays open as long as the object lives: a file renamed over it meanwhile cannot mix
/// with it, and one cut short meanwhile gives an error with the id that its role asks for.
/// </summary>
sealed class BootFile : IKernelSource, IDisposable
{
    readonly SafeFileHandle _handle;
    readonly string _truncatedId;

    BootFile(string path, SafeFileHandle handle, string truncatedId) =>
        (Path, _handle, _truncatedId, Length) = (path, handle, truncatedId, RandomAccess.GetLength(handle));

    public string Path { get; }

    public long Length { get; }

    /// <summary>Opens a regular file that is not empty.</summary>
    /// <param name="path">Of the file.</param>
    /// <param name="role">What the user gave it as: kernel, initrd.</param>
    /// <param name="truncatedId">The id of the error when the file ends before what was to be read.</param>
    public static BootFile Open(string path, string role, string truncatedId)
    {
        if (Directory.Exists(path))
            throw new VmException(VmErrorId.PathIsDirectory, VmErrorKind.InvalidArgument, $"'{path}' is a directory; give the path of the {role} file in it.");
        try
        {
            // Before it is opened: a FIFO, which has no length either, would wait for its writer.
            if (File.Exists(path) && new FileInfo(path).Length == 0)
                throw new VmException(VmErrorId.FileEmpty, VmErrorKind.InvalidData, $"'{path}' is empty or no regular file; give {(role[0] == 'i' ? "an" : "a")} {role} file.");
            return new(path, File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete), truncatedId);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or ArgumentException)
        {
            throw new VmException(VmErrorId.FileNotFound, VmErrorKind.NotFound, $"There is no file '{path}'; check the path of the {role}.", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new VmException(VmErrorId.FileUnreadable, VmErrorKind.PermissionDenied, $"No permission to read the {role} '{path}'; see its mode and owner.", e);
        }
        catch (IOException e)
        {
            throw Unreadable(path, e);
        }
    }

    /// <summary>Fills the span from the offset on.</summary>
    public void Read(long offset, Span<byte> bytes)
    {
        try
        {
            while (!bytes.IsEmpty)
            {
                int read = RandomAccess.Read(_handle, bytes, offset);
                if (read == 0) throw new EndOfStreamException();
                offset += read;
                bytes = bytes[read..];
            }
        }
        catch (IOException e)
        {
            throw Failed(e);
        }
    }

    /// <summary>Fills guest memory from the offset on, without a managed copy.</summary>
    public void Read(long offset, long length, GuestMemory memory, GuestAddress at)
    {
        try
        {
            memory.ReadFile(_handle, offset, at, length);
        }
        catch (IOException e)
        {
            throw Failed(e);
        }
    }

    /// <summary>An error about the file's content; the sentence goes on after the path.</summary>
    public VmException Fault(string id, string sentence, Exception? inner = null) =>
        new(id, VmErrorKind.InvalidData, $"'{Path}' {sentence}", inner);

    public void Dispose() => _handle.Dispose();

    VmException Failed(IOException e) => e is EndOfStreamException
        ? Fault(_truncatedId, $"became shorter than its {Length} bytes while it was read; try again when nothing writes to it.", e)
        : Unreadable(Path, e);

    static VmException Unreadable(string path, IOException e) =>
        new(VmErrorId.FileUnreadable, VmErrorKind.DeviceError, $"'{path}' cannot be read: {e.Message}", e);
}
