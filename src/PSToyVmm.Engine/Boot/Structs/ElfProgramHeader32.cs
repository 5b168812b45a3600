using System.Runtime.InteropServices;

namespace PSToyVmm.Engine.Boot.Structs;

#pragma warning disable CS0649 // read from files, never assigned

/// <summary>One entry of the program header table of a 32-bit file: the flags come late (System V ABI, chapter 5).</summary>
[StructLayout(LayoutKind.Sequential), NativeName("Elf32_Phdr", "elf.h")]
readonly struct ElfProgramHeader32
{
    [NativeField("p_type")] public readonly uint Type;
    [NativeField("p_offset")] public readonly uint Offset;
    [NativeField("p_vaddr")] public readonly uint VirtualAddress;
    [NativeField("p_paddr")] public readonly uint PhysicalAddress;
    [NativeField("p_filesz")] public readonly uint FileSize;
    [NativeField("p_memsz")] public readonly uint MemorySize;
    [NativeField("p_flags")] public readonly uint Flags;
    [NativeField("p_align")] public readonly uint Alignment;
}
