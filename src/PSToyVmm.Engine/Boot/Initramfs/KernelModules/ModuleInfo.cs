using System.Buffers.Binary;
using System.Text;

namespace PSToyVmm.Engine.Boot.Initramfs.KernelModules;

/// <summary>
/// What a kernel module says of itself in its ELF section .modinfo: "key=value", each ended by a NUL (Linux:
/// include/linux/moduleparam.h, MODULE_INFO).
/// </summary>
sealed class ModuleInfo
{
    const int HeaderSize = 64, Type = 16, Machine = 18, Sections = 40, SectionSize = 58, SectionCount = 60, NameSection = 62; // the gABI's Elf64_Ehdr
    const int SectionOffset = 24, SectionLength = 32, SectionHeaderSize = 64;                                              // and Elf64_Shdr
    const ushort Relocatable = 1, X86_64 = 62;

    readonly List<string> _before = [], _after = [], _aliases = [];

    /// <summary>The release of the kernel that it was built for, the first word of its version magic.</summary>
    public string Release { get; private set; } = "";

    /// <summary>The modules whose symbols it uses.</summary>
    public IReadOnlyList<string> Needs { get; private set; } = [];

    /// <summary>Modules and aliases that serve it if they are loaded before it, and that it can do without.</summary>
    public IReadOnlyList<string> Before => _before;

    /// <summary>The same, loaded after it.</summary>
    public IReadOnlyList<string> After => _after;

    /// <summary>The names of what it does.</summary>
    public IReadOnlyList<string> Aliases => _aliases;

    /// <summary>Null for what is no x86-64 module.</summary>
    public static ModuleInfo? Read(ReadOnlySpan<byte> elf)
    {
        ReadOnlySpan<byte> text = FindSection(elf, ".modinfo"u8);
        if (text.IsEmpty) return null;
        ModuleInfo info = new();
        foreach (string line in Encoding.UTF8.GetString(text).Split('\0', StringSplitOptions.RemoveEmptyEntries))
            if (line.Split('=', 2) is [var key, var value]) info.Take(key, value);
        return info;
    }

    void Take(string key, string value)
    {
        switch (key)
        {
            case "vermagic": Release = value.Split(' ')[0]; break;
            case "depends": Needs = value.Split(',', StringSplitOptions.RemoveEmptyEntries); break;
            case "alias": _aliases.Add(value); break;
            case "softdep": TakeSoft(value); break;
        }
    }

    // "pre: this that post: those"
    void TakeSoft(string value)
    {
        List<string>? into = null;
        foreach (string word in value.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (word is "pre:") into = _before;
            else if (word is "post:") into = _after;
            else into?.Add(word);
        }
    }

    static ReadOnlySpan<byte> FindSection(ReadOnlySpan<byte> elf, ReadOnlySpan<byte> wanted)
    {
        ReadOnlySpan<byte> magic = [0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1]; // 64 bits, little-endian
        if (elf.Length < HeaderSize || !elf.StartsWith(magic) || U16(elf, Type) != Relocatable || U16(elf, Machine) != X86_64) return default;
        ulong table = BinaryPrimitives.ReadUInt64LittleEndian(elf[Sections..]);
        int count = U16(elf, SectionCount);
        ReadOnlySpan<byte> headers = Part(elf, table, (ulong)count * SectionHeaderSize);
        if (headers.IsEmpty || U16(elf, SectionSize) != SectionHeaderSize || U16(elf, NameSection) >= count) return default;

        ReadOnlySpan<byte> names = Content(elf, headers, U16(elf, NameSection));
        for (int i = 0; i < count; i++)
        {
            uint name = BinaryPrimitives.ReadUInt32LittleEndian(headers[(i * SectionHeaderSize)..]);
            if (name < names.Length && names[(int)name..] is var rest && rest.StartsWith(wanted) && rest.Length > wanted.Length && rest[wanted.Length] == 0)
                return Content(elf, headers, i);
        }
        return default;
    }

    static ReadOnlySpan<byte> Content(ReadOnlySpan<byte> elf, ReadOnlySpan<byte> headers, int index)
    {
        ReadOnlySpan<byte> header = headers[(index * SectionHeaderSize)..];
        return Part(elf, BinaryPrimitives.ReadUInt64LittleEndian(header[SectionOffset..]), BinaryPrimitives.ReadUInt64LittleEndian(header[SectionLength..]));
    }

    // Empty where a damaged file points outside of itself.
    static ReadOnlySpan<byte> Part(ReadOnlySpan<byte> elf, ulong offset, ulong length) =>
        offset <= (ulong)elf.Length && length <= (ulong)elf.Length - offset ? elf.Slice((int)offset, (int)length) : default;

    static ushort U16(ReadOnlySpan<byte> elf, int at) => BinaryPrimitives.ReadUInt16LittleEndian(elf[at..]);
}
