using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace PSToyVmm.Engine.Boot.Initramfs;

/// <summary>Finds a busybox that runs in an initramfs, that is without a dynamic loader, and learns its applets.</summary>
static partial class Busybox
{
    const string Cure = "install Debian's package busybox-static, or give the path of a static x86-64 busybox";

    static readonly string[] s_names = ["busybox", "busybox.static"]; // Alpine and Fedora have both forms side by side

    /// <summary>The path given, or the first static busybox of this host; anything else is refused.</summary>
    public static string Locate(string? given)
    {
        if (given is not null) return IsStatic(given) ? given : throw NotStatic(given);

        string[] found = [.. Candidates().Where(File.Exists)];
        if (found.Length == 0) throw new VmException(VmErrorId.BusyboxNotFound, VmErrorKind.NotFound, $"there is no busybox on this host: {Cure}");
        return found.FirstOrDefault(IsStatic) ?? throw NotStatic(found[0]);
    }

    /// <summary>Where its applets belong, as paths without the leading slash; asked from the program if this host can run it.</summary>
    public static IReadOnlyList<string> Applets(string path)
    {
        string[] own = [.. ListFull(path).Split('\n').Where(line => AppletPath().IsMatch(line))];
        return own.Length > 0 ? own : BusyboxApplets.Usual;
    }

    static IEnumerable<string> Candidates() =>
        from directory in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Concat(["/usr/bin", "/bin", "/usr/sbin", "/sbin"])
        from name in s_names
        select Path.Combine(directory, name);

    static bool IsStatic(string path)
    {
        using var file = HostFile.Open(path);
        return Executable.Read(file) is { IsX86_64: true, Interpreter: null };
    }

    static string ListFull(string path)
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.OSArchitecture != Architecture.X64) return "";
        var how = new ProcessStartInfo(path, "--list-full") { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        try
        {
            using var process = Process.Start(how)!;
            process.StandardInput.Close();
            var list = process.StandardOutput.ReadToEndAsync();
            if (process.WaitForExit(TimeSpan.FromSeconds(5))) return process.ExitCode == 0 ? list.Result : "";
            process.Kill();
            return "";
        }
        catch (Win32Exception) { return ""; } // not executable here: a usual busybox is assumed
    }

    static VmException NotStatic(string path) => new(VmErrorId.BusyboxNotStatic, VmErrorKind.InvalidData,
        $"'{path}' is not a statically linked x86-64 program, so it cannot run in an initrd: {Cure}");

    [GeneratedRegex(@"^(\w+/)+[\w.\[-]+$")]
    private static partial Regex AppletPath();
}
