using System.Buffers.Binary;

namespace PSToyVmm.Engine.Backends;

/// <summary>Tells a disk image of another program's format, or a packed one, by its bytes.</summary>
static class DiskFormat
{
    /// <summary>Bytes at the beginning and at the end that tell.</summary>
    public const int HeadSize = 512, TailSize = 512;

    // The last: as qemu-img calls the format, or what unpacks it.
    static readonly (int Offset, byte[] Magic, string Name, string Tool)[] s_heads =
    [
        (0, [.. "QFI"u8, 0xfb, 0, 0, 0, 1], "qcow", "qcow"),
        (0, [.. "QFI"u8, 0xfb], "qcow2", "qcow2"),
        (0, [.. "QED\0"u8], "QED", "qed"),
        (0, [.. "KDMV"u8], "VMDK", "vmdk"),
        (0, [.. "COWD"u8], "VMDK", "vmdk"),
        (0, [.. "# Disk DescriptorFile"u8], "VMDK descriptor", "vmdk"),
        (0, [.. "vhdxfile"u8], "VHDX", "vhdx"),
        (0, [.. "conectix"u8], "VHD", "vpc"),
        (0x40, [0x7f, 0x10, 0xda, 0xbe], "VDI", "vdi"),
        (0, [.. "WithoutFreeSpace"u8], "Parallels", "parallels"),
        (0, [.. "WithouFreSpacExt"u8], "Parallels", "parallels"),
        (0, [0x1f, 0x8b, 8], "gzip-compressed", "gzip"),
        (0, [0xfd, .. "7zXZ\0"u8], "xz-compressed", "xz"),
        (0, [0x28, 0xb5, 0x2f, 0xfd], "zstd-compressed", "zstd"),
        (0, [.. "BZh"u8, (byte)'9', 0x31, 0x41, 0x59, 0x26, 0x53, 0x59], "bzip2-compressed", "bzip2"),
        (0, [.. "PK"u8, 3, 4], "ZIP", "unzip"),
    ];

    /// <summary>The sentence that refuses an image which is not raw; null for one that may be.</summary>
    /// <param name="path">For the sentence.</param>
    /// <param name="head">The first <see cref="HeadSize"/> bytes, or all of a smaller file.</param>
    /// <param name="tail">The last <see cref="TailSize"/> bytes.</param>
    public static string? Refusal(string path, ReadOnlySpan<byte> head, ReadOnlySpan<byte> tail)
    {
        foreach ((int offset, byte[] magic, string name, string tool) in s_heads)
            if (head.Length >= offset + magic.Length && head[offset..].StartsWith(magic))
                return tool is "gzip" or "xz" or "zstd" or "bzip2" or "unzip" ? Packed(path, name, tool) : Foreign(path, name, tool);
        // A VHD of fixed size is a raw image with a footer; a dynamic one has a copy of it in front, too.
        if (tail.Length == TailSize && tail.StartsWith("conectix"u8) && BinaryPrimitives.ReadUInt32BigEndian(tail[12..]) >> 16 == 1) return Foreign(path, "VHD", "vpc");
        return tail.Length == TailSize && tail.StartsWith("koly"u8) ? Foreign(path, "Apple DMG", "dmg") : null;
    }

    static string Foreign(string path, string name, string qemuName) =>
        $"'{path}' is a {name} image; PSToyVmm uses raw ones. Convert it: qemu-img convert -f {qemuName} -O raw '{path}' '{Path.ChangeExtension(path, ".raw")}'. "
        + "Where these bytes are a guest's own on a raw disk, say so (-Raw).";

    static string Packed(string path, string name, string unpack)
    {
        string command = unpack == "unzip" ? $"unzip '{path}'" : $"{unpack} -dc '{path}' > '{Path.ChangeExtension(path, null)}'";
        return $"'{path}' is a {name} file, not a raw disk image. Unpack it: {command}. Where these bytes are a guest's own on a raw disk, say so (-Raw).";
    }
}
