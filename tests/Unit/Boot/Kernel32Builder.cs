using System.Buffers.Binary;

namespace PSToyVmm.Tests.Unit.Boot;

/// <summary>
/// Makes 32-bit kernels: ELF files or flat images, with a Multiboot header, a PVH note, both or neither. Right ones by
/// default; written from the specifications' tables of offsets, not with the engine's structs.
/// </summary>
sealed class Kernel32Builder
{
    public const uint Base = 0x10_0000;
    public const uint Magic = 0x1bad_b002;
    const int HeaderSize = 52, ProgramHeaderSize = 32;

    /// <summary>Null for no Multiboot header.</summary>
    public uint? Flags { get; set; } = 3;
    public uint? Checksum { get; set; }

    /// <summary>Bytes of the header, which the code follows.</summary>
    public int MultibootSize { get; set; } = 48;

    /// <summary>Where in the loaded part the header begins.</summary>
    public int Gap { get; set; }
    public uint LoadAddress { get; set; } = Base;
    public uint? HeaderAddress { get; set; }
    public uint? LoadEnd { get; set; }
    public uint? BssEnd { get; set; }
    public uint? Entry { get; set; }
    public uint? MemorySize { get; set; }
    public ushort Machine { get; set; } = 3;

    /// <summary>The entry that a PVH note tells; null for no note.</summary>
    public uint? PvhEntry { get; set; }
    public byte[] Code { get; set; } = [0xf4];

    /// <summary>Offset of the code in the loaded part, and so of the default entry.</summary>
    public int CodeOffset => Flags is null ? 0 : Gap + MultibootSize;

    uint DefaultEntry => LoadAddress + (uint)CodeOffset;

    public byte[] Loaded()
    {
        byte[] loaded = new byte[CodeOffset + Code.Length];
        if (Flags is { } flags)
        {
            uint[] header =
            [
                Magic, flags, Checksum ?? unchecked(0 - Magic - flags), HeaderAddress ?? LoadAddress + (uint)Gap, LoadAddress,
                LoadEnd ?? 0, BssEnd ?? 0, Entry ?? DefaultEntry, 0, 0, 0, 0,
            ];
            for (int i = 0; i * 4 < MultibootSize; i++) Put(loaded, Gap + (i * 4), header[i]);
        }
        Code.CopyTo(loaded, CodeOffset);
        return loaded;
    }

    /// <summary>The loaded part alone: for headers that have addresses, bit 16.</summary>
    public byte[] Flat() => Loaded();

    public byte[] Elf()
    {
        byte[] loaded = Loaded(), note = PvhEntry is { } entry ? Note(entry) : [];
        int count = PvhEntry is null ? 1 : 2, content = HeaderSize + (count * ProgramHeaderSize);
        byte[] file = new byte[content + loaded.Length + note.Length];
        new byte[] { 0x7f, 0x45, 0x4c, 0x46, 1, 1, 1 }.CopyTo(file, 0);
        Put16(file, 16, 2);
        Put16(file, 18, Machine);
        Put(file, 20, 1);
        Put(file, 24, Entry ?? DefaultEntry);
        Put(file, 28, HeaderSize);
        Put16(file, 40, HeaderSize);
        Put16(file, 42, ProgramHeaderSize);
        Put16(file, 44, (ushort)count);
        ProgramHeader(HeaderSize, 1, content, LoadAddress, loaded.Length, MemorySize ?? (uint)loaded.Length);
        if (count == 2) ProgramHeader(HeaderSize + ProgramHeaderSize, 4, content + loaded.Length, 0, note.Length, (uint)note.Length);
        loaded.CopyTo(file, content);
        note.CopyTo(file, content + loaded.Length);
        return file;

        void ProgramHeader(int at, uint type, int offset, uint address, int size, uint memorySize)
        {
            uint[] fields = [type, (uint)offset, address, address, (uint)size, memorySize, 7, 4];
            for (int i = 0; i < fields.Length; i++) Put(file, at + (i * 4), fields[i]);
        }
    }

    /// <summary>A note section's bytes: another note first, then Xen's.</summary>
    public static byte[] Note(ulong entry, bool wide = false)
    {
        byte[] notes = new byte[20 + 16 + (wide ? 8 : 4)];
        Put(notes, 0, 4);
        Put(notes, 4, 3); // padded to four
        Put(notes, 8, 18);
        "GNU\0"u8.CopyTo(notes.AsSpan(12));
        Put(notes, 20, 4);
        Put(notes, 24, wide ? 8u : 4u);
        Put(notes, 28, 18);
        "Xen\0"u8.CopyTo(notes.AsSpan(32));
        if (wide) BinaryPrimitives.WriteUInt64LittleEndian(notes.AsSpan(36), entry);
        else Put(notes, 36, (uint)entry);
        return notes;
    }

    static void Put(byte[] file, int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(at), value);

    static void Put16(byte[] file, int at, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(at), value);
}
