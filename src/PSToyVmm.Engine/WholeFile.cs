using PSToyVmm.Engine.Native;

namespace PSToyVmm.Engine;

/// <summary>
/// Writes files of the host's, whole or not at all: what is written is a draft beside the file, which takes its place when it is
/// complete. So only regular files are written over. A draft in the place of a device would be the end of that device's name.
/// </summary>
public static class WholeFile
{
    const uint TypeMask = 0xf000, Fifo = 0x1000, CharacterDevice = 0x2000, Directory = 0x4000, BlockDevice = 0x6000, Regular = 0x8000, Socket = 0xc000;

    /// <summary>Writes a file.</summary>
    /// <param name="path">Full path. Where it is a link, what that leads to is written, and the link stays.</param>
    /// <param name="replace">Whether a file may be lost.</param>
    /// <param name="write">Writes the draft, an empty file whose path it is given. What it throws leaves the file as it was.</param>
    /// <param name="existsId">The error where a file is, and may not be lost.</param>
    /// <exception cref="VmException">FileUnwritable, or <paramref name="existsId"/>.</exception>
    public static void Write(string path, bool replace, Action<string> write, string existsId = VmErrorId.FileUnwritable)
    {
        ArgumentNullException.ThrowIfNull(write);
        string target = Check(path, replace, existsId), draft = $"{target}.{Guid.NewGuid():n}";
        bool isOurs = false;
        try
        {
            Create(draft, target);
            isOurs = true;
            write(draft);
            File.Move(draft, target, replace);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unwritable(path, e);
        }
        finally
        {
            if (isOurs) File.Delete(draft);
        }
    }

    /// <summary>Whether a file could be written there, as far as one can tell without trying.</summary>
    /// <returns>The path, links followed.</returns>
    /// <exception cref="VmException">FileUnwritable, or <paramref name="existsId"/>.</exception>
    public static string Check(string path, bool replace, string existsId = VmErrorId.FileUnwritable)
    {
        string target;
        try
        {
            if (OperatingSystem.IsLinux() && FileOwner.TryStat(path) is { } there && (there.Mode & TypeMask) != Regular)
                throw new VmException(VmErrorId.FileUnwritable, VmErrorKind.InvalidArgument, $"'{path}' is {Name(there.Mode & TypeMask)}, which no file is put in the place of; give the path of a file.");
            target = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return path;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException) // links in a circle; a NUL
        {
            throw Unwritable(path, e);
        }
        return replace || !File.Exists(target) ? target
            : throw new VmException(existsId, VmErrorKind.AlreadyExists, $"There is '{path}' already; give another path, or -Force to lose what it holds.");
    }

    /// <summary>Whether it is something else than a file, to be read or written without an end: a pipe would wait for its other side.</summary>
    public static bool IsEndless(string path) => OperatingSystem.IsLinux() && FileOwner.TryStat(path) is { } there && (there.Mode & TypeMask) is not (Regular or Directory);

    /// <summary>The error of a file that could not be written.</summary>
    public static VmException Unwritable(string path, Exception e)
    {
        ArgumentNullException.ThrowIfNull(e);
        return new(VmErrorId.FileUnwritable, VmErrorKind.PermissionDenied, $"'{path}' cannot be written: {e.Message}", e);
    }

    // What nobody else may read stays so.
    static void Create(string draft, string target)
    {
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows() && File.Exists(target)) options.UnixCreateMode = File.GetUnixFileMode(target);
        new FileStream(draft, options).Dispose();
    }

    static string Name(uint type) => type switch
    {
        Fifo => "a pipe",
        CharacterDevice or BlockDevice => "a device",
        Directory => "a directory",
        Socket => "a socket",
        _ => "no file",
    };
}
