using System.Runtime.InteropServices;

namespace PSToyVmm.Engine.Boot.Structs;

#pragma warning disable CS0649 // read from files, never assigned

/// <summary>The file header, of which <see cref="ElfFile"/> reads these fields (System V ABI, chapter 4).</summary>
[StructLayout(LayoutKind.Explicit, Size = 64), NativeName("Elf64_Ehdr", "elf.h")]
readonly struct ElfHeader
{
    public const byte Class32 = 1, Class64 = 2, LittleEndian = 1, BigEndian = 2;
    public const ushort Executable = 2, SharedObject = 3;
    public const ushort MachineI386 = 3, MachineX64 = 62;

    [FieldOffset(4), NativeField("e_ident[EI_CLASS]")] public readonly byte Class;
    [FieldOffset(5), NativeField("e_ident[EI_DATA]")] public readonly byte Encoding;
    [FieldOffset(16), NativeField("e_type")] public readonly ushort Type;
    [FieldOffset(18), NativeField("e_machine")] public readonly ushort Machine;
    [FieldOffset(24), NativeField("e_entry")] public readonly ulong Entry;
    [FieldOffset(32), NativeField("e_phoff")] public readonly ulong ProgramHeaders;
    [FieldOffset(40), NativeField("e_shoff")] public readonly ulong SectionHeaders;
    [FieldOffset(54), NativeField("e_phentsize")] public readonly ushort ProgramHeaderSize;
    [FieldOffset(56), NativeField("e_phnum")] public readonly ushort ProgramHeaderCount;
    [FieldOffset(58), NativeField("e_shentsize")] public readonly ushort SectionHeaderSize;
    [FieldOffset(60), NativeField("e_shnum")] public readonly ushort SectionHeaderCount;
}
