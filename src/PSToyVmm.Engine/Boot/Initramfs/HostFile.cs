using System.Formats.Tar;

namespace PSToyVmm.Engine.Boot.Initramfs;

/// <summary>Turns files of the host into nodes, without following a symbolic link and without opening what would block.</summary>
static class HostFile
{
    const UnixFileMode Unknown = (UnixFileMode)(-1); // what .NET answers where files have no such mode

    /// <summary>The node for a file system entry; null for a socket, which nobody could connect to in the guest.</summary>
    public static InitramfsNode? Describe(FileSystemInfo entry)
    {
        try
        {
            return entry switch
            {
                { LinkTarget: { } target } => new SymlinkNode(target),
                DirectoryInfo => new DirectoryNode(entry.UnixFileMode is Unknown ? Mode.Executable : entry.UnixFileMode),
                FileInfo { Length: 0 } when !OperatingSystem.IsWindows() => DescribeEmpty(entry),
                _ => new HostFileNode(entry.UnixFileMode is Unknown ? Mode.Plain : entry.UnixFileMode, entry.FullName),
            };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { throw Unreadable(entry.FullName, e); }
    }

    /// <summary>What a path leads to, symbolic links followed.</summary>
    public static FileInfo Follow(string path)
    {
        var file = new FileInfo(path);
        try { return (FileInfo?)file.ResolveLinkTarget(returnFinalTarget: true) ?? file; }
        catch (IOException e) { throw Unreadable(path, e); } // a circle
    }

    /// <summary>What is in a directory, in an order that does not depend on the file system.</summary>
    public static IEnumerable<FileSystemInfo> List(DirectoryInfo directory)
    {
        try { return directory.GetFileSystemInfos().OrderBy(entry => entry.Name, StringComparer.Ordinal); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { throw Unreadable(directory.FullName, e); }
    }

    /// <summary>Opens a file for reading; whatever prevents it names the file.</summary>
    public static FileStream Open(string path)
    {
        try { return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { throw Unreadable(path, e); }
    }

    /// <summary>The lines of a text file.</summary>
    public static string[] ReadLines(string path)
    {
        using StreamReader file = new(Open(path));
        return file.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    static VmException Unreadable(string path, Exception e) => e switch
    {
        FileNotFoundException or DirectoryNotFoundException =>
            new(VmErrorId.FileNotFound, VmErrorKind.NotFound, $"'{path}' does not exist", e),
        UnauthorizedAccessException =>
            new(VmErrorId.FileUnreadable, VmErrorKind.PermissionDenied, $"'{path}' cannot be read: permission denied", e),
        _ => new(VmErrorId.FileUnreadable, VmErrorKind.DeviceError, $"'{path}' cannot be read: {e.Message}", e),
    };

    // Pipes, sockets and devices have no length, and .NET tells their kind nowhere but in its tar writer, which asks lstat.
    static InitramfsNode? DescribeEmpty(FileSystemInfo entry)
    {
        using var tar = new MemoryStream();
        try { using var writer = new TarWriter(tar, leaveOpen: true); writer.WriteEntry(entry.FullName, "entry"); }
        catch (IOException) { return null; } // "unsupported file type": a socket

        tar.Position = 0;
        return new TarReader(tar).GetNextEntry() switch
        {
            PaxTarEntry { EntryType: TarEntryType.Fifo } => new FifoNode(entry.UnixFileMode),
            PaxTarEntry { EntryType: TarEntryType.CharacterDevice } device => Device(device, DeviceKind.Character),
            PaxTarEntry { EntryType: TarEntryType.BlockDevice } device => Device(device, DeviceKind.Block),
            _ => new HostFileNode(entry.UnixFileMode, entry.FullName),
        };

        DeviceNode Device(PaxTarEntry device, DeviceKind kind) =>
            new(entry.UnixFileMode, kind, (uint)device.DeviceMajor, (uint)device.DeviceMinor);
    }
}
