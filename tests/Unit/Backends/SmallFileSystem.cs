using System.Diagnostics;
using Xunit;

namespace PSToyVmm.Tests.Unit.Backends;

/// <summary>A tmpfs of a few megabytes, for a host without room. Only root can mount one.</summary>
sealed class SmallFileSystem : IDisposable
{
    readonly string _path = Directory.CreateTempSubdirectory("pstoyvmm-small-").FullName;

    public SmallFileSystem(int megabytes) => Commands.Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "tmpfs", _path);

    public string CreateSparse(string name, long length)
    {
        string path = Path.Combine(_path, name);
        using FileStream file = new(path, FileMode.CreateNew);
        file.SetLength(length);
        return path;
    }

    public void MakeReadOnly() => Commands.Run("mount", "-o", "remount,ro", _path);

    public void Dispose()
    {
        Commands.Run("umount", _path);
        Directory.Delete(_path);
    }
}

/// <summary>A fact that mounts a file system; skipped, saying so, for users who may not.</summary>
sealed class SmallFileSystemFactAttribute : FactAttribute
{
    static readonly Lazy<string?> s_lack = new(() =>
    {
        try
        {
            new SmallFileSystem(1).Dispose();
            return null;
        }
        catch (InvalidOperationException e)
        {
            return $"No file system can be mounted here: {e.Message}";
        }
    });

    public SmallFileSystemFactAttribute() => Skip = s_lack.Value;
}

/// <summary>Runs a program of the host's.</summary>
static class Commands
{
    /// <summary>What it wrote.</summary>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public static string Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} failed: {errors.GetAwaiter().GetResult()}");
    }
}
