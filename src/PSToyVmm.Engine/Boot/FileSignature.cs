using System.Buffers;
using System.Text;

namespace PSToyVmm.Engine.Boot;

/// <summary>What a file that is no kernel of ours looks like, so that the error can say so.</summary>
/// <param name="Name">With its article: "a PNG image".</param>
/// <param name="Advice">A sentence on what to do, where there is more to say than "give another file".</param>
/// <param name="IsForeignKernel">It is a kernel, for another architecture.</param>
readonly record struct FileSignature(string Name, string? Advice = null, bool IsForeignKernel = false)
{
    public const string WhatBoots = "PSToyVmm boots x86-64 vmlinux (ELF) or bzImage, and ELF kernels with a Multiboot header or a PVH note";

    const string Decompress = "Decompress it first.";
    const string Archive = "Extract the kernel from it first.";
    const string Initrd = "An initrd is given beside the kernel, not as the kernel.";
    const string Disk = "A disk is not booted from; give the kernel that is on it.";

    readonly record struct Magic(int Offset, byte[] Bytes, FileSignature Meaning);

    // The first that matches wins: the narrow ones come before MZ, and those before the boot sector's 0xaa55.
    static readonly Magic[] s_magics =
    [
        new(56, [.. "ARM"u8, 0x64], new("an ARM64 Image", IsForeignKernel: true)),
        new(56, [.. "RSC"u8, 0x05], new("a RISC-V Image", IsForeignKernel: true)),
        new(4, [.. "zimg"u8], new("a compressed EFI kernel of another architecture", IsForeignKernel: true)),
        new(0, [0x27, 0x05, 0x19, 0x56], new("a U-Boot image", IsForeignKernel: true)),
        new(0, [0xd0, 0x0d, 0xfe, 0xed], new("a device tree or FIT image", IsForeignKernel: true)),
        new(0, [0x1f, 0x8b], new("a gzip-compressed file", Decompress)),
        new(0, [0xfd, .. "7zXZ"u8, 0], new("an xz-compressed file", Decompress)),
        new(0, [0x28, 0xb5, 0x2f, 0xfd], new("a zstd-compressed file", Decompress)),
        new(0, [0x04, 0x22, 0x4d, 0x18], new("an lz4-compressed file", Decompress)),
        new(0, [0x02, 0x21, 0x4c, 0x18], new("an lz4-compressed file (legacy frame)", Decompress)),
        new(0, [.. "BZh"u8], new("a bzip2-compressed file", Decompress)),
        new(0, [0x5d, 0, 0], new("an lzma-compressed file", Decompress)),
        new(0, [0x89, .. "LZO"u8, 0], new("an lzop-compressed file", Decompress)),
        new(0, [.. "07070"u8], new("a cpio archive", Initrd)),
        new(0, [0xc7, 0x71], new("a cpio archive", Initrd)),
        new(257, [.. "ustar"u8], new("a tar archive", Archive)),
        new(0, [.. "PK"u8, 3, 4], new("a zip archive", Archive)),
        new(0, [.. "7z"u8, 0xbc, 0xaf], new("a 7z archive", Archive)),
        new(0, [.. "!<arch>\n"u8], new("an ar archive or Debian package", Archive)),
        new(0, [0xed, 0xab, 0xee, 0xdb], new("an RPM package", Archive)),
        new(0, [.. "QFI"u8, 0xfb], new("a qcow2 disk image", Disk)),
        new(0, [.. "vhdxfile"u8], new("a VHDX disk image", Disk)),
        new(0, [.. "hsqs"u8], new("a squashfs file system", Disk)),
        new(1080, [0x53, 0xef], new("an ext2, ext3 or ext4 file system", Disk)),
        new(512, [.. "EFI PART"u8], new("a disk image with a GPT", Disk)),
        new(0, [0x89, .. "PNG"u8], new("a PNG image")),
        new(0, [0xff, 0xd8, 0xff], new("a JPEG image")),
        new(0, [.. "%PDF"u8], new("a PDF document")),
        new(0, [0xcf, 0xfa, 0xed, 0xfe], new("a Mach-O program")),
        new(0, [0xca, 0xfe, 0xba, 0xbe], new("a Java class or a Mach-O program")),
        new(0, [.. "MZ"u8], new("a Windows or EFI program (PE)")),
        new(510, [0x55, 0xaa], new("a boot sector or a disk image", Disk)),
        new(0, [.. "#!"u8], new("a script")),
        new(0, [.. "<!"u8], new("an HTML page or XML", "A download may have failed and left a page of the server.")),
        new(0, [.. "<html"u8], new("an HTML page", "A download may have failed and left a page of the server.")),
    ];

    /// <summary>Names what the first page of a file shows; null where nothing is known about it.</summary>
    public static FileSignature? Recognize(ReadOnlySpan<byte> head)
    {
        foreach (Magic magic in s_magics)
            if (head.Length >= magic.Offset + magic.Bytes.Length && head[magic.Offset..].StartsWith(magic.Bytes)) return magic.Meaning;
        if (!head.ContainsAnyExcept((byte)0)) return new("nothing but zeros");
        return IsText(head) ? new("text") : null;
    }

    static bool IsText(ReadOnlySpan<byte> head)
    {
        while (Rune.DecodeFromUtf8(head, out Rune rune, out int length) == OperationStatus.Done)
        {
            if (Rune.IsControl(rune) && !Rune.IsWhiteSpace(rune)) return false;
            head = head[length..];
        }
        // Up to three bytes of a character that the page's end cuts in two may be left.
        return head.Length < 4 && Rune.DecodeFromUtf8(head, out _, out _) == OperationStatus.NeedMoreData;
    }
}
