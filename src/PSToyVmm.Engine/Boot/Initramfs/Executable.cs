using System.Buffers.Binary;
using System.Text;

namespace PSToyVmm.Engine.Boot.Initramfs;

/// <summary>What a program needs to be started, as the kernel will find out (fs/binfmt_script.c, fs/binfmt_elf.c).</summary>
/// <param name="IsX86_64">Whether it is a 64-bit ELF image for x86-64.</param>
/// <param name="Interpreter">The shell that its first line names, or its dynamic loader; null if it needs neither.</param>
readonly record struct Executable(bool IsX86_64, string? Interpreter)
{
    const int HeaderSize = 64, Machine = 18, ProgramHeaders = 32, EntrySize = 54, EntryCount = 56; // the gABI's Elf64_Ehdr
    const int SegmentOffset = 8, SegmentSize = 32, SegmentHeaderSize = 56;                         // and Elf64_Phdr
    const ushort X86_64 = 62;
    const uint InterpreterSegment = 3;
    const int MostOfScript = 256, MostOfPath = 4096; // BINPRM_BUF_SIZE, PATH_MAX

    static ReadOnlySpan<byte> Magic => [0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1]; // 64 bits, little-endian

    public static Executable Read(Stream file)
    {
        byte[] start = ReadAt(file, 0, MostOfScript);
        if (start.AsSpan().StartsWith("#!"u8)) return new(false, ShellOf(Encoding.Latin1.GetString(start, 2, start.Length - 2)));
        if (start.Length < HeaderSize || !start.AsSpan().StartsWith(Magic)) return default;
        if (BinaryPrimitives.ReadUInt16LittleEndian(start.AsSpan(Machine)) != X86_64) return default;

        ulong at = BinaryPrimitives.ReadUInt64LittleEndian(start.AsSpan(ProgramHeaders));
        int size = BinaryPrimitives.ReadUInt16LittleEndian(start.AsSpan(EntrySize));
        for (int left = BinaryPrimitives.ReadUInt16LittleEndian(start.AsSpan(EntryCount)); left > 0; left--, at += (ulong)size)
        {
            byte[] segment = ReadAt(file, at, SegmentHeaderSize);
            if (segment.Length < SegmentHeaderSize) return default;
            if (BinaryPrimitives.ReadUInt32LittleEndian(segment) != InterpreterSegment) continue;

            ulong length = BinaryPrimitives.ReadUInt64LittleEndian(segment.AsSpan(SegmentSize));
            byte[] path = ReadAt(file, BinaryPrimitives.ReadUInt64LittleEndian(segment.AsSpan(SegmentOffset)), (int)Math.Min(length, MostOfPath));
            return new(true, Encoding.UTF8.GetString(path).TrimEnd('\0'));
        }
        return new(true, null);
    }

    static string ShellOf(string line) => line.TrimStart(' ', '\t').Split(' ', '\t', '\n')[0];

    static byte[] ReadAt(Stream file, ulong at, int length)
    {
        if (at > (ulong)file.Length) return [];
        file.Position = (long)at;
        byte[] bytes = new byte[length];
        return bytes[..file.ReadAtLeast(bytes, length, throwOnEndOfStream: false)];
    }
}
