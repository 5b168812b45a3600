using System.Runtime.InteropServices;

namespace PSToyVmm.Engine.Native;

/// <summary>Who owns a file and what its mode is, as <c>ls -l</c> would say it: .NET tells the mode but not the owner.</summary>
static unsafe class FileOwner
{
    /// <summary>For example <c>root:kvm 0660</c>; empty where there is no such file.</summary>
    public static string Describe(string path)
    {
        LinuxStat stat;
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64 || Libc.stat(path, &stat) != 0) return "";
        string owner = NameOf("/etc/passwd", stat.Owner), group = NameOf("/etc/group", stat.Group);
        return $"{owner}:{group} {Convert.ToString(stat.Mode & 0xfff, 8).PadLeft(4, '0')}";
    }

    /// <summary>What stat(2) says of a path, links followed; null where it fails, and <see cref="Errno.Last"/> says why.</summary>
    public static LinuxStat? TryStat(string path)
    {
        LinuxStat stat;
        return Libc.stat(path, &stat) == 0 ? stat : null;
    }

    // name:password:id:... in both files.
    static string NameOf(string database, uint id)
    {
        try
        {
            string wanted = id.ToString(System.Globalization.CultureInfo.InvariantCulture);
            return File.ReadLines(database).Select(line => line.Split(':')).FirstOrDefault(fields => fields.Length > 2 && fields[2] == wanted)?[0] ?? wanted;
        }
        catch (IOException)
        {
            return id.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }
    }
}

/// <summary>struct stat of x86-64, as far as it is used; 144 bytes.</summary>
[StructLayout(LayoutKind.Explicit, Size = 144), NativeName("struct stat", "sys/stat.h")]
struct LinuxStat
{
    [FieldOffset(0), NativeField("st_dev")] public ulong Device;
    [FieldOffset(8), NativeField("st_ino")] public ulong Inode;
    [FieldOffset(24), NativeField("st_mode")] public uint Mode;
    [FieldOffset(28), NativeField("st_uid")] public uint Owner;
    [FieldOffset(32), NativeField("st_gid")] public uint Group;
}
