using System.Buffers.Binary;
using System.Text;

namespace PSToyVmm.Engine.Boot.Initramfs.KernelModules;

/// <summary>The release of a Linux kernel, what uname -r says in it, told by its file.</summary>
static class KernelRelease
{
    // Linux: Documentation/arch/x86/boot.rst.
    const int SetupMagic = 0x202, VersionPointer = 0x20e, VersionBase = 0x200, HeaderSize = 0x210, MostOfRelease = 128;

    /// <summary>Null for what is no Linux kernel, or does not tell.</summary>
    public static string? Read(string path)
    {
        using FileStream file = HostFile.Open(path);
        byte[] head = new byte[HeaderSize];
        head = head[..file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)];
        if (ElfFile.Matches(head)) return FindBanner(file);
        if (head.Length < HeaderSize || !head.AsSpan(SetupMagic).StartsWith("HdrS"u8)) return null;
        int pointer = BinaryPrimitives.ReadUInt16LittleEndian(head.AsSpan(VersionPointer));
        return pointer == 0 ? null : WordAt(file, VersionBase + pointer);
    }

    /// <summary>linux_banner of init/version.c: "Linux version 6.1.0 (who@where) ...".</summary>
    static string? FindBanner(FileStream file)
    {
        ReadOnlySpan<byte> banner = "Linux version "u8;
        byte[] buffer = new byte[1 << 20];
        int kept = 0;
        file.Position = 0;
        for (long start = 0; ;)
        {
            int filled = kept + file.ReadAtLeast(buffer.AsSpan(kept), buffer.Length - kept, throwOnEndOfStream: false);
            for (int at = 0; buffer.AsSpan(at, filled - at).IndexOf(banner) is >= 0 and var found; at += found + 1)
            {
                int digit = at + found + banner.Length;
                if (digit < filled && char.IsAsciiDigit((char)buffer[digit])) return WordAt(file, start + digit);
            }
            if (filled < buffer.Length) return null;
            kept = banner.Length; // the banner and its digit may lie across the border
            buffer.AsSpan(filled - kept).CopyTo(buffer);
            start += filled - kept;
        }
    }

    static string? WordAt(FileStream file, long offset)
    {
        byte[] bytes = new byte[MostOfRelease];
        file.Position = Math.Min(offset, file.Length);
        string text = Encoding.Latin1.GetString(bytes, 0, file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false));
        int end = text.AsSpan().IndexOfAny(' ', '\0', '\n');
        return end > 0 ? text[..end] : null;
    }
}
