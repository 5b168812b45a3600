using System.IO.Compression;

namespace PSToyVmm.Engine.Boot.Unpacking;

/// <summary>How a bzImage's kernel is compressed, told by its first bytes (Linux: lib/decompress.c).</summary>
/// <param name="Name">As the kernel's configuration has it, in small letters.</param>
/// <param name="IsKnown">Whether it can be unpacked here.</param>
readonly record struct PayloadFormat(string Name, bool IsKnown = true)
{
    /// <summary>Bytes that tell all of them apart.</summary>
    public const int MagicLength = 4;

    public const string Gzip = "gzip";

    static readonly (byte[] Magic, PayloadFormat Format)[] s_formats =
    [
        ([0x1f, 0x8b], new(Gzip)),
        ([0xfd, .. "7zX"u8], new("xz")),
        ([0x02, 0x21, 0x4c, 0x18], new("lz4")),
        ([0x28, 0xb5, 0x2f, 0xfd], new("zstd")),
        ([.. "BZh"u8], new("bzip2")),
        ([0x5d, 0, 0], new("lzma")),
        ([0x89, .. "LZO"u8], new("lzo", IsKnown: false)),
    ];

    /// <summary>Fills the output, or less of it where the input ends early; returns the number of bytes.</summary>
    /// <exception cref="Exception">Of whatever kind: a damaged file meets a decoder where its author did not think of it.</exception>
    public int Decode(byte[] packed, byte[] output)
    {
        if (Name != Gzip) return DecoderContext.Decode(Name, packed, output);
        using GZipStream stream = new(new MemoryStream(packed, writable: false), CompressionMode.Decompress);
        return stream.ReadAtLeast(output, output.Length, throwOnEndOfStream: false);
    }

    /// <summary>Null for none of them.</summary>
    public static PayloadFormat? Recognize(ReadOnlySpan<byte> start)
    {
        foreach ((byte[] magic, PayloadFormat format) in s_formats)
            if (start.StartsWith(magic)) return format;
        return null;
    }
}
