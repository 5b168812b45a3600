using System.Runtime.InteropServices;

namespace PSToyVmm.Engine.Boot.Structs;

#pragma warning disable CS0649 // read from files

/// <summary>One entry of the program header table (System V ABI, chapter 5).</summary>
[StructLayout(LayoutKind.Sequential), NativeName("Elf64_Phdr", "elf.h")]
readonly struct ElfProgramHeader
{
    public const uint Load = 1, Interpreter = 3, Note = 4;

    /// <summary>p_flags of what is neither written nor executed.</summary>
    public const uint Readable = 4;

    /// <summary>The same of a 32-bit file.</summary>
    public ElfProgramHeader(in ElfProgramHeader32 narrow)
    {
        (Type, Flags, Offset, VirtualAddress) = (narrow.Type, narrow.Flags, narrow.Offset, narrow.VirtualAddress);
        (PhysicalAddress, FileSize, MemorySize, Alignment) = (narrow.PhysicalAddress, narrow.FileSize, narrow.MemorySize, narrow.Alignment);
    }

    [NativeField("p_type")] public readonly uint Type;
    [NativeField("p_flags")] public readonly uint Flags;
    [NativeField("p_offset")] public readonly ulong Offset;
    [NativeField("p_vaddr")] public readonly ulong VirtualAddress;
    [NativeField("p_paddr")] public readonly ulong PhysicalAddress;
    [NativeField("p_filesz")] public readonly ulong FileSize;
    [NativeField("p_memsz")] public readonly ulong MemorySize;
    [NativeField("p_align")] public readonly ulong Alignment;
}
