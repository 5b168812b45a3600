using System.Buffers.Binary;

namespace PSToyVmm.Tests.Unit.Boot;

/// <summary>Makes ELF files, right ones by default. Written from the System V ABI's tables, not with the engine's structs.</summary>
sealed class ElfBuilder
{
    public const int HeaderSize = 64, ProgramHeaderSize = 56;
    public const ulong Base = 0x20_0000;

    public sealed class Segment
    {
        public uint Type { get; set; } = 1;
        public ulong Physical { get; set; } = Base;
        public ulong Virtual { get; set; } = 0xffff_ffff_8000_0000 + Base;
        public byte[] Content { get; set; } = [];
        public ulong? MemorySize { get; set; }
        public ulong? FileSize { get; set; }
        public ulong? Offset { get; set; }
    }

    public byte Class { get; set; } = 2;
    public byte Encoding { get; set; } = 1;
    public ushort Type { get; set; } = 2;
    public ushort Machine { get; set; } = 62;
    public ulong Entry { get; set; } = Base;
    public ulong? ProgramHeaders { get; set; }
    public ushort EntrySize { get; set; } = ProgramHeaderSize;
    public ushort? Count { get; set; }
    public ulong SectionHeaders { get; set; }
    public ushort SectionCount { get; set; }
    public List<Segment> Segments { get; init; } = [new() { Content = Pattern(0x1800, 1) }];

    public static byte[] Pattern(int length, int seed)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public byte[] Build()
    {
        int content = HeaderSize + (Segments.Count * ProgramHeaderSize);
        byte[] file = new byte[content + Segments.Sum(s => s.Content.Length)];
        // Byte by byte: in C#, "\x7fELF" begins with U+07FE.
        new byte[] { 0x7f, 0x45, 0x4c, 0x46, Class, Encoding, 1 }.CopyTo(file, 0);
        Put16(file, 16, Type);
        Put16(file, 18, Machine);
        Put64(file, 24, Entry);
        Put64(file, 32, ProgramHeaders ?? HeaderSize);
        Put64(file, 40, SectionHeaders);
        Put16(file, 52, HeaderSize);
        Put16(file, 54, EntrySize);
        Put16(file, 56, Count ?? (ushort)Segments.Count);
        Put16(file, 58, 64);
        Put16(file, 60, SectionCount);
        for (int i = 0, at = HeaderSize; i < Segments.Count; i++, at += ProgramHeaderSize)
        {
            Segment segment = Segments[i];
            BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(at), segment.Type);
            Put64(file, at + 8, segment.Offset ?? (ulong)content);
            Put64(file, at + 16, segment.Virtual);
            Put64(file, at + 24, segment.Physical);
            Put64(file, at + 32, segment.FileSize ?? (ulong)segment.Content.Length);
            Put64(file, at + 40, segment.MemorySize ?? (ulong)segment.Content.Length);
            segment.Content.CopyTo(file, content);
            content += segment.Content.Length;
        }
        return file;
    }

    static void Put16(byte[] file, int at, ushort value)
    {
        // A big-endian file says so in the fields that are read before it is refused.
        if (file[5] == 2) BinaryPrimitives.WriteUInt16BigEndian(file.AsSpan(at), value);
        else BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(at), value);
    }

    static void Put64(byte[] file, int at, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(at), value);
}
