using System.Buffers.Binary;
using K4os.Compression.LZ4;
using SharpCompress.Common;
using SharpCompress.Compressors;
using SharpCompress.Compressors.BZip2;
using SharpCompress.Compressors.LZMA;
using SharpCompress.Compressors.Xz;
using SharpCompress.Providers;

namespace PSToyVmm.Decompression;

/// <summary>
/// Decoders of the compressions that Linux packs itself with and .NET has no class for (Linux: scripts/Makefile.lib). The
/// engine calls them by a delegate of .NET's own types, so that nothing here has to be seen outside of its load context.
/// </summary>
public static class PayloadDecoder
{
    // lz4's legacy frame: a magic number, then blocks, each with its compressed size before it.
    const int Lz4Magic = 4, LengthSize = 4;

    // LZMA_Alone: five bytes of properties, eight for the unpacked size, which may be unknown.
    const int LzmaProperties = 5, LzmaHeader = 13;

    /// <summary>Fills <paramref name="output"/>, or less of it where the input ends early.</summary>
    /// <param name="compression">xz, lz4, zstd, bzip2 or lzma.</param>
    /// <param name="input">From the first byte of its magic number on; what follows its end is not read.</param>
    /// <param name="output">As large as what is unpacked.</param>
    /// <returns>Bytes unpacked.</returns>
    public static int Decode(string compression, byte[] input, byte[] output)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(output);
        if (compression == "lz4") return DecodeLz4(input, output);
        using MemoryStream packed = new(input, writable: false);
        using Stream unpacked = compression switch
        {
            "xz" => new XZStream(packed),
            "zstd" => CompressionProviderRegistry.Default.CreateDecompressStream(CompressionType.ZStandard, packed),
            "bzip2" => BZip2Stream.Create(packed, CompressionMode.Decompress, decompressConcatenated: false),
            "lzma" => OpenLzma(packed, output.Length),
            _ => throw new ArgumentOutOfRangeException(nameof(compression), compression, null),
        };
        return unpacked.ReadAtLeast(output, output.Length, throwOnEndOfStream: false);
    }

    static LzmaStream OpenLzma(MemoryStream packed, int size)
    {
        byte[] header = new byte[LzmaHeader];
        packed.ReadExactly(header);
        return LzmaStream.Create(header[..LzmaProperties], packed, packed.Length - LzmaHeader, size);
    }

    static int DecodeLz4(ReadOnlySpan<byte> input, Span<byte> output)
    {
        int written = 0;
        input = input[Lz4Magic..];
        while (written < output.Length && input.Length > LengthSize)
        {
            int length = BinaryPrimitives.ReadInt32LittleEndian(input);
            input = input[LengthSize..];
            if (length <= 0 || length > input.Length) throw new InvalidDataException($"an lz4 block claims {length} bytes");
            int unpacked = LZ4Codec.Decode(input[..length], output[written..]);
            if (unpacked < 0) throw new InvalidDataException("an lz4 block is damaged");
            written += unpacked;
            input = input[length..];
        }
        return written;
    }
}
