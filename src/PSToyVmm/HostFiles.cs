using PSToyVmm.Engine;

namespace PSToyVmm;

/// <summary>What .NET says of a file of the host's, as errors of this module.</summary>
static class HostFiles
{
    /// <summary>The text of a file.</summary>
    /// <exception cref="VmException">FileNotFound, PathIsDirectory or FileUnreadable.</exception>
    public static string ReadText(string path)
    {
        RequireEnd(path);
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException) // the last of a NUL
        {
            throw Unreadable(path, e);
        }
    }

    /// <summary>Refuses to read what has no end, or waits for somebody: a device, a pipe.</summary>
    /// <exception cref="VmException">FileUnreadable.</exception>
    public static void RequireEnd(string path)
    {
        if (WholeFile.IsEndless(path))
            throw new VmException(VmErrorId.FileUnreadable, VmErrorKind.InvalidArgument, $"'{path}' is a device or a pipe; give the path of a file.");
    }

    /// <summary>A file that could not be read.</summary>
    public static VmException Unreadable(string path, Exception e) => e switch
    {
        FileNotFoundException or DirectoryNotFoundException => new(VmErrorId.FileNotFound, VmErrorKind.NotFound, $"There is no file '{path}'; check the path.", e),
        _ when Directory.Exists(path) => new(VmErrorId.PathIsDirectory, VmErrorKind.InvalidArgument, $"'{path}' is a directory; name a file in it.", e),
        _ => new(VmErrorId.FileUnreadable, VmErrorKind.PermissionDenied, $"'{path}' cannot be read: {e.Message}", e),
    };
}
