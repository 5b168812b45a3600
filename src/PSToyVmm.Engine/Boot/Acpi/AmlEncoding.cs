using System.Text;

namespace PSToyVmm.Engine.Boot.Acpi;

/// <summary>The two encodings that AML is made of: names and package lengths (ACPI 6.4, 20.2.2 and 20.2.4).</summary>
static class AmlEncoding
{
    const byte DualNamePrefix = 0x2e, MultiNamePrefix = 0x2f;
    const int SegmentLength = 4;

    /// <summary>Bytes that a package length can count, its own included.</summary>
    public const int PackageLengthMax = (1 << 28) - 1;

    /// <summary>A path as ASL writes it: <c>\_SB.COM1</c>, <c>^PWRB</c>, <c>_HID</c>. Segments are padded to four characters.</summary>
    /// <exception cref="ArgumentException">Not a path.</exception>
    public static byte[] Name(string path)
    {
        string relative = path.TrimStart('^');
        byte[] prefix = Encoding.ASCII.GetBytes(path[..^relative.Length]);
        if (prefix.Length == 0 && relative.StartsWith('\\')) (prefix, relative) = ("\\"u8.ToArray(), relative[1..]);
        string[] segments = relative.Split('.');
        // The root alone, or a parent alone, is a NullName behind its prefix.
        if (relative.Length == 0 && prefix.Length > 0) return [.. prefix, 0];
        if (segments.Length > byte.MaxValue || !segments.All(IsSegment)) throw new ArgumentException($"'{path}' is no path in an ACPI namespace.", nameof(path));
        byte[] count = segments.Length switch
        {
            1 => [],
            2 => [DualNamePrefix],
            _ => [MultiNamePrefix, (byte)segments.Length],
        };
        return [.. prefix, .. count, .. Encoding.ASCII.GetBytes(string.Concat(segments.Select(segment => segment.PadRight(SegmentLength, '_'))))];
    }

    /// <summary>What precedes <paramref name="contentLength"/> bytes: their number and its own.</summary>
    public static byte[] PackageLength(int contentLength)
    {
        // Six bits in one byte, or four in the first and eight in each that follows: the longer it is, the more it counts itself.
        int size = contentLength + 1 < 1 << 6 ? 1 : contentLength + 2 < 1 << 12 ? 2 : contentLength + 3 < 1 << 20 ? 3 : 4;
        return Length(contentLength + size, size);
    }

    /// <summary>A field's length in bits: the same encoding, which here does not count itself (ACPI 6.4, 20.2.5.2).</summary>
    public static byte[] BitLength(int bits) => Length(bits, bits < 1 << 6 ? 1 : bits < 1 << 12 ? 2 : bits < 1 << 20 ? 3 : 4);

    static byte[] Length(int length, int size)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, (uint)PackageLengthMax);
        if (size == 1) return [(byte)length];
        byte[] bytes = new byte[size];
        bytes[0] = (byte)((size - 1) << 6 | length & 0xf);
        for (int i = 1; i < size; i++) bytes[i] = (byte)(length >> (4 + 8 * (i - 1)));
        return bytes;
    }

    static bool IsSegment(string segment) => segment.Length is > 0 and <= SegmentLength && !char.IsAsciiDigit(segment[0])
        && segment.All(c => c == '_' || char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c));
}
