using System.Diagnostics;

namespace PSToyVmm.Engine.Machines;

/// <summary>Makes raw disk images: sparse ones of a size, or with an ext4 file system in them.</summary>
public static class DiskMaker
{
    const long SectorSize = 512;

    // What mke2fs needs for itself, and what content grows by in blocks and inodes: found by trying small and large trees.
    const long LeastFileSystem = 8 << 20;

    /// <summary>Makes an image. A file that is there is replaced only when that is asked for, and only once the new one is whole.</summary>
    /// <param name="path">Full path.</param>
    /// <param name="size">Bytes, whole sectors; 0 for what the content needs and a quarter more.</param>
    /// <param name="fileSystem">Whether it is to have an ext4 file system.</param>
    /// <param name="content">Full path of a directory whose content goes into the file system; null for an empty one.</param>
    /// <param name="label">The file system's; empty for none.</param>
    /// <param name="replace">Whether a file may be lost.</param>
    /// <param name="stop">Ends it, with nothing made.</param>
    /// <exception cref="VmException">DiskOptionInvalid, DiskFileExists, FileNotFound, FileUnwritable, Mke2fsNotFound or DiskContentFailed.</exception>
    public static void Make(string path, long size, bool fileSystem, string? content, string label, bool replace, CancellationToken stop = default)
    {
        if (content is not null && !Directory.Exists(content))
            throw new VmException(VmErrorId.FileNotFound, VmErrorKind.NotFound, $"There is no directory '{content}'; check the path of the disk's content.");
        if (size == 0 && content is not null) size = SizeFor(content, stop);
        if (size <= 0 || size % SectorSize != 0)
            throw new VmException(VmErrorId.DiskOptionInvalid, VmErrorKind.InvalidArgument, $"{size} bytes are no size of a disk; give a multiple of {SectorSize}, such as 1GB.");
        WholeFile.Write(path, replace, draft =>
        {
            using (FileStream file = new(draft, FileMode.Open)) file.SetLength(size);
            if (fileSystem) MakeFileSystem(draft, content, label, stop);
        }, VmErrorId.DiskFileExists);
    }

    static long SizeFor(string content, CancellationToken stop)
    {
        // A block for each name, too: a tree of small files needs more than their bytes.
        long bytes = new DirectoryInfo(content).EnumerateFileSystemInfos("*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint })
            .Sum(entry =>
            {
                stop.ThrowIfCancellationRequested();
                return (entry is FileInfo file ? file.Length : 0) + 4096;
            });
        return (LeastFileSystem + bytes + (bytes / 4)) / (1 << 20) * (1 << 20);
    }

    static void MakeFileSystem(string image, string? content, string label, CancellationToken stop)
    {
        string[] named = label.Length == 0 ? [] : ["-L", label], filled = content is null ? [] : ["-d", content];
        string program = FindMke2fs();
        using Process mke2fs = Process.Start(new ProcessStartInfo(program, ["-q", "-F", "-t", "ext4", .. named, .. filled, image])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        })!;
        // With all that it started: whoever holds its pipes is waited for.
        using CancellationTokenRegistration killing = stop.Register(() => mke2fs.Kill(entireProcessTree: true));
        mke2fs.StandardInput.Close();
        Task<string> output = mke2fs.StandardOutput.ReadToEndAsync(CancellationToken.None); // it ends with the program
        string errors = mke2fs.StandardError.ReadToEnd();
        mke2fs.WaitForExit();
        _ = output.GetAwaiter().GetResult();
        stop.ThrowIfCancellationRequested();
        if (mke2fs.ExitCode != 0)
            throw new VmException(VmErrorId.DiskContentFailed, VmErrorKind.DeviceError,
                $"mke2fs could not make the file system: {string.Join(' ', errors.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))}");
    }

    // Also where administrators have it, and users' PATH has not.
    static string FindMke2fs() =>
        $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/sbin".Split(':', StringSplitOptions.RemoveEmptyEntries).Select(directory => Path.Combine(directory, "mke2fs")).FirstOrDefault(File.Exists)
        ?? throw new VmException(VmErrorId.Mke2fsNotFound, VmErrorKind.NotSupported, "A file system needs mke2fs, which is not on the PATH; install e2fsprogs.");
}
