using System.Buffers.Binary;
using System.Text;
using PSToyVmm.Engine.Bus;

namespace PSToyVmm.Engine.Devices;

/// <summary>
/// QEMU's firmware configuration device (docs/specs/fw_cfg.rst) at its x86 ports: a 16-bit selector at offset 0, and at
/// offset 1 the selected item, byte by byte; past its end, and of items that are not there, zeroes. It has the machine's
/// size and files that the user gives. Its DMA interface is not there, and its feature bit
/// says so: fine for small files, but Linux then skips what it has read of a file by an exit for each byte.
/// </summary>
public sealed class FirmwareConfig : IBusDevice
{
    /// <summary>Ports it takes.</summary>
    public const int PortCount = 2;

    /// <summary>The longest name of a file: the directory has 56 bytes for it and a zero.</summary>
    public const int LongestName = DirectoryNameSize - 1;

    /// <summary>How many files there may be.</summary>
    public const int MostFiles = 256;

    const int SelectorPort = 0, DataPort = 1;
    const ushort Signature = 0x00, Features = 0x01, RamSize = 0x03, Processors = 0x05, MaximumProcessors = 0x0f, FileDirectory = 0x19, FirstFile = 0x20;
    const ushort WriteChannel = 1 << 14;                               // of a selector: obsolete, and ignored as in QEMU
    const uint TraditionalInterface = 1;
    const int DirectoryNameSize = 56;

    readonly Lock _gate = new();
    readonly byte[]?[] _items;
    ushort _selector;
    int _position;

    /// <summary>Makes one that tells these things, or goes on where <paramref name="state"/> was.</summary>
    public FirmwareConfig(ulong ramSize, ushort processors, IEnumerable<KeyValuePair<string, byte[]>> files, FirmwareConfigState? state = null)
    {
        KeyValuePair<string, byte[]>[] sorted = [.. files.OrderBy(file => file.Key, StringComparer.Ordinal)];
        ArgumentOutOfRangeException.ThrowIfGreaterThan(sorted.Length, MostFiles);
        _items = new byte[]?[FirstFile + sorted.Length];
        _items[Signature] = "QEMU"u8.ToArray();
        _items[Features] = Little(TraditionalInterface, sizeof(uint));
        _items[RamSize] = Little(ramSize, sizeof(ulong));
        _items[Processors] = _items[MaximumProcessors] = Little(processors, sizeof(ushort));
        _items[FileDirectory] = Directory(sorted);
        for (int i = 0; i < sorted.Length; i++) _items[FirstFile + i] = sorted[i].Value;
        if (state is not null) (_selector, _position) = (state.Selector, Math.Max(state.Position, 0));
    }

    /// <inheritdoc/>
    public string Label => "fw-cfg";

    /// <summary>Whether a file may have this name: 1 to 55 visible characters of ASCII.</summary>
    public static bool IsName(string name) => name.Length is > 0 and <= LongestName && name.All(c => c is > ' ' and < '\x7f');

    /// <summary>A copy of its state.</summary>
    public FirmwareConfigState Save()
    {
        lock (_gate) return new(_selector, _position);
    }

    /// <inheritdoc/>
    public void Read(ulong offset, Span<byte> data)
    {
        if (offset != DataPort)
        {
            data.Fill(0xff);
            return;
        }
        lock (_gate)
        {
            ReadOnlySpan<byte> item = _selector < _items.Length ? _items[_selector] : null;
            int count = Math.Min(data.Length, item.Length - Math.Min(_position, item.Length));
            if (count > 0) item.Slice(_position, count).CopyTo(data);
            data[count..].Clear();
            _position += count;                                        // stays within the item, so never overflows
        }
    }

    /// <inheritdoc/>
    public void Write(ulong offset, ReadOnlySpan<byte> data)
    {
        if (offset != SelectorPort || data.Length != sizeof(ushort)) return;
        lock (_gate) (_selector, _position) = ((ushort)(BinaryPrimitives.ReadUInt16LittleEndian(data) & ~WriteChannel), 0);
    }

    static byte[] Little(ulong value, int size)
    {
        byte[] bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return bytes[..size];
    }

    // Big-endian, unlike the rest: a count, then of each file its size, selector, two spare bytes and its name.
    static byte[] Directory(KeyValuePair<string, byte[]>[] files)
    {
        const int HeaderSize = 4, EntrySize = 8 + DirectoryNameSize;
        byte[] directory = new byte[HeaderSize + files.Length * EntrySize];
        BinaryPrimitives.WriteInt32BigEndian(directory, files.Length);
        for (int i = 0; i < files.Length; i++)
        {
            Span<byte> entry = directory.AsSpan(HeaderSize + i * EntrySize, EntrySize);
            BinaryPrimitives.WriteInt32BigEndian(entry, files[i].Value.Length);
            BinaryPrimitives.WriteUInt16BigEndian(entry[4..], (ushort)(FirstFile + i));
            Encoding.ASCII.GetBytes(files[i].Key, entry[8..^1]);
        }
        return directory;
    }
}
