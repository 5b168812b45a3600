using System.Buffers.Binary;

namespace PSToyVmm.Engine.Boot.Multiboot;

/// <summary>The header by which a kernel says that it is one (Multiboot Specification 0.6.96, 3.1).</summary>
/// <param name="Offset">Where it lies in the file.</param>
/// <param name="Flags">What it asks for.</param>
/// <param name="Addresses">Where it wants to be loaded; null where its ELF headers say so.</param>
sealed record MultibootHeader(int Offset, uint Flags, MultibootAddresses? Addresses)
{
    /// <summary>The header lies wholly in so many bytes at the beginning of the file.</summary>
    public const int SearchLength = 8192;

    /// <summary>Modules page-aligned, which they always are; memory information, which there always is.</summary>
    public const uint AlignModules = 1 << 0, WantsMemory = 1 << 1, WantsVideo = 1 << 2, HasAddresses = 1 << 16;

    const uint Magic = 0x1bad_b002;
    const int Alignment = 4, PlainSize = 12, AddressesSize = 32;

    // "Bits 0-15 indicate requirements": whoever does not know one of them has to refuse.
    const uint Requirements = 0xffff;

    /// <summary>Finds it.</summary>
    /// <param name="head">The beginning of the file.</param>
    /// <param name="nearMiss">Where there is none: what is wrong with what looks most like one; null where nothing does.</param>
    public static MultibootHeader? Find(ReadOnlySpan<byte> head, out string? nearMiss)
    {
        head = head[..Math.Min(head.Length, SearchLength)];
        nearMiss = null;
        for (int at = 0; at + sizeof(uint) <= head.Length; at++)
        {
            if (BinaryPrimitives.ReadUInt32LittleEndian(head[at..]) != Magic) continue;
            string? fault = Judge(head[at..], at);
            if (fault is null) return Read(head[at..], at);
            nearMiss ??= fault;
        }
        return null;
    }

    /// <summary>What it requires that no machine here has; null where nothing.</summary>
    public string? Unsupported => (Flags & Requirements & ~(AlignModules | WantsMemory)) switch
    {
        0 => null,
        WantsVideo => "a video mode (bit 2), and a machine has no display; it has a serial port at 0x3f8. Clear the bit",
        var unknown => $"something that Multiboot 0.6.96 does not define (bits 0x{unknown:x}). Clear them",
    };

    static string? Judge(ReadOnlySpan<byte> header, int at)
    {
        if (header.Length < PlainSize) return $"begins at 0x{at:x} and is cut off by the end of the first {SearchLength} bytes";
        uint flags = BinaryPrimitives.ReadUInt32LittleEndian(header[4..]), checksum = BinaryPrimitives.ReadUInt32LittleEndian(header[8..]);
        uint right = unchecked(0 - Magic - flags);
        if (checksum != right) return $"at 0x{at:x} has the checksum 0x{checksum:x} where flags 0x{flags:x} ask for 0x{right:x}";
        if (at % Alignment != 0) return $"lies at 0x{at:x}, which is not a multiple of {Alignment}";
        if ((flags & HasAddresses) != 0 && header.Length < AddressesSize) return $"begins at 0x{at:x} and its addresses are cut off by the end of the first {SearchLength} bytes";
        return null;
    }

    static MultibootHeader Read(ReadOnlySpan<byte> header, int at)
    {
        uint flags = BinaryPrimitives.ReadUInt32LittleEndian(header[4..]);
        if ((flags & HasAddresses) == 0) return new(at, flags, null);
        return new(at, flags, new(Field(header, 12), Field(header, 16), Field(header, 20), Field(header, 24), Field(header, 28)));

        static uint Field(ReadOnlySpan<byte> header, int at) => BinaryPrimitives.ReadUInt32LittleEndian(header[at..]);
    }
}

/// <summary>The header's address fields, all of them physical (3.1.3).</summary>
/// <param name="Header">Where the header itself is to lie, which ties file offsets to addresses.</param>
/// <param name="Load">Where the loaded part begins.</param>
/// <param name="LoadEnd">Where it ends; 0 for the file's end.</param>
/// <param name="BssEnd">Up to where it is followed by zeros; 0 for none.</param>
/// <param name="Entry">The entry point.</param>
readonly record struct MultibootAddresses(uint Header, uint Load, uint LoadEnd, uint BssEnd, uint Entry);
