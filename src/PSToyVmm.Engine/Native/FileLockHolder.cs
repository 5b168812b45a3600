using System.Globalization;

namespace PSToyVmm.Engine.Native;

/// <summary>
/// Who holds a lock on a file. F_OFD_GETLK and /proc/locks tell of an open file description's lock that it is there, not
/// whose it is; what does is the process that shows the lock at a descriptor of its own (/proc/PID/fdinfo, proc(5)).
/// </summary>
static class FileLockHolder
{
    /// <summary>For example <c>pwsh (process 4711)</c>; null where no process that may be looked at has a lock on the file.</summary>
    public static string? Find(string path)
    {
        if (FileOwner.TryStat(path) is not { } wanted) return null;
        // Others last: that it is this very process is what its user least expects.
        int own = Environment.ProcessId;
        return Holds(own, wanted) ? $"this process ({Describe(own)})"
            : Directory.EnumerateDirectories("/proc").Select(ProcessId).Where(id => id > 0 && id != own && Holds(id, wanted)).Select(Describe).FirstOrDefault();
    }

    static int ProcessId(string directory) =>
        int.TryParse(Path.GetFileName(directory.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out int id) ? id : 0;

    static bool Holds(int process, LinuxStat wanted)
    {
        try
        {
            return Directory.EnumerateFiles($"/proc/{process}/fd").Any(descriptor => Holds(process, descriptor, wanted));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // ended meanwhile, or not ours to look at
        }
    }

    static bool Holds(int process, string descriptor, LinuxStat wanted)
    {
        if (FileOwner.TryStat(descriptor) is not { } found || found.Inode != wanted.Inode || found.Device != wanted.Device) return false;
        return File.ReadLines($"/proc/{process}/fdinfo/{Path.GetFileName(descriptor)}").Any(line => line.StartsWith("lock:", StringComparison.Ordinal));
    }

    static string Describe(int process)
    {
        try
        {
            return $"{File.ReadAllText($"/proc/{process}/comm").Trim()}, process {process}";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"process {process}";
        }
    }
}
