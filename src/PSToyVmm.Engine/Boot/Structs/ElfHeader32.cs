using System.Runtime.InteropServices;

namespace PSToyVmm.Engine.Boot.Structs;

#pragma warning disable CS0649 // read from files, never assigned

/// <summary>The file header of the 32-bit class; up to <c>e_version</c> it is as <see cref="ElfHeader"/> (System V ABI, chapter 4).</summary>
[StructLayout(LayoutKind.Explicit, Size = 52), NativeName("Elf32_Ehdr", "elf.h")]
readonly struct ElfHeader32
{
    [FieldOffset(24), NativeField("e_entry")] public readonly uint Entry;
    [FieldOffset(28), NativeField("e_phoff")] public readonly uint ProgramHeaders;
    [FieldOffset(32), NativeField("e_shoff")] public readonly uint SectionHeaders;
    [FieldOffset(42), NativeField("e_phentsize")] public readonly ushort ProgramHeaderSize;
    [FieldOffset(44), NativeField("e_phnum")] public readonly ushort ProgramHeaderCount;
    [FieldOffset(46), NativeField("e_shentsize")] public readonly ushort SectionHeaderSize;
    [FieldOffset(48), NativeField("e_shnum")] public readonly ushort SectionHeaderCount;
}
