using System.Buffers;
using System.Text;

namespace PSToyVmm.Engine.Boot.Initramfs;

/// <summary>
/// Writes a cpio archive in the "newc" form that the kernel unpacks as initramfs
/// (Documentation/driver-api/early-userspace/buffer-format.rst). Everything belongs to root and has a link count and an
/// inode of its own. What the kernel would silently drop is refused.
/// </summary>
/// <param name="output">Where the bytes go; stays open.</param>
/// <param name="modified">The time stamp of every entry, in seconds since 1970; the same input gives the same bytes.</param>
public sealed class CpioWriter(Stream output, uint modified = 0)
{
    const string Trailer = "TRAILER!!!";
    const int PathMax = 4096, NameMax = 255; // linux/limits.h; longer names and link targets are skipped by init/initramfs.c

    const uint Fifo = 0x1000, Character = 0x2000, Directory = 0x4000, Block = 0x6000, Regular = 0x8000, Link = 0xa000; // S_IF*

    long _position;
    uint _inode;

    /// <summary>Adds a directory. Its parents must have been added before, or the kernel drops it.</summary>
    public void AddDirectory(string name, UnixFileMode mode) => WriteHeader(name, Directory | (uint)mode, links: 2);

    /// <summary>Adds a regular file of exactly <paramref name="length"/> bytes, copied from <paramref name="content"/>.</summary>
    public void AddFile(string name, UnixFileMode mode, Stream content, long length)
    {
        if (length > uint.MaxValue)
            throw Invalid($"'{name}' has {length} bytes; a file in an initrd must be smaller than 4 GiB, the limit of its format");
        WriteHeader(name, Regular | (uint)mode, size: (uint)length);
        Copy(name, content, length);
        Pad();
    }

    /// <summary>Adds a symbolic link; the target is stored as it is.</summary>
    public void AddSymlink(string name, string target)
    {
        byte[] text = Encoding.UTF8.GetBytes(target);
        if (text.Length is 0 or > PathMax - 1 || target.Contains('\0'))
            throw Invalid($"the symbolic link '{name}' has a target that is empty, too long or holds a NUL");
        WriteHeader(name, Link | 0x1ff, size: (uint)text.Length);
        Write(text);
        Pad();
    }

    /// <summary>Adds a device node; nobody needs to be root for it.</summary>
    public void AddDevice(string name, UnixFileMode mode, DeviceKind kind, uint major, uint minor) =>
        WriteHeader(name, (kind == DeviceKind.Block ? Block : Character) | (uint)mode, major: major, minor: minor);

    /// <summary>Adds a named pipe.</summary>
    public void AddFifo(string name, UnixFileMode mode) => WriteHeader(name, Fifo | (uint)mode);

    /// <summary>Ends the archive.</summary>
    public void Finish() => WriteEntry(Trailer, inode: 0, mode: 0, modified: 0);

    void WriteHeader(string name, uint mode, uint links = 1, uint size = 0, uint major = 0, uint minor = 0)
    {
        if (name.Length == 0 || name[0] == '/' || name.Contains('\0') || name == Trailer)
            throw Invalid($"'{name}' cannot be the name of a file in an initrd");
        if (Encoding.UTF8.GetByteCount(name) >= PathMax || name.Split('/').Any(part => Encoding.UTF8.GetByteCount(part) > NameMax))
            throw Invalid($"the name '{name[..32]}...' is too long for Linux: at most {NameMax} bytes a part, {PathMax - 1} in all");
        WriteEntry(name, ++_inode, mode, modified, links, size, major, minor);
    }

    void WriteEntry(string name, uint inode, uint mode, uint modified, uint links = 1, uint size = 0, uint major = 0, uint minor = 0)
    {
        const uint User = 0, Group = 0, HostMajor = 0, HostMinor = 0, Checksum = 0;
        byte[] path = Encoding.UTF8.GetBytes(name + '\0');
        ReadOnlySpan<uint> fields = [inode, mode, User, Group, links, modified, size, HostMajor, HostMinor, major, minor, (uint)path.Length, Checksum];

        var header = new StringBuilder("070701", 110);
        foreach (uint field in fields) header.Append(field.ToString("X8", null));
        Write(Encoding.ASCII.GetBytes(header.ToString()));
        Write(path);
        Pad();
    }

    void Copy(string name, Stream content, long left)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(1 << 16);
        try
        {
            while (left > 0)
            {
                int read = content.Read(buffer, 0, (int)Math.Min(buffer.Length, left));
                if (read == 0) throw Invalid($"'{name}' became {left} bytes shorter while it was read; try again when nothing writes to it");
                Write(buffer.AsSpan(0, read));
                left -= read;
            }
        }
        finally { ArrayPool<byte>.Shared.Return(buffer); }
    }

    void Write(ReadOnlySpan<byte> bytes)
    {
        output.Write(bytes);
        _position += bytes.Length;
    }

    void Pad() => Write([.. Enumerable.Repeat<byte>(0, (int)(-_position & 3))]);

    static VmException Invalid(string message) => new(VmErrorId.InitrdSourceInvalid, VmErrorKind.InvalidData, message);
}
