using System.Runtime.InteropServices;
using PSToyVmm.Engine.Memory;

namespace PSToyVmm.Engine.Boot.Structs;

/// <summary>One range of the memory map in the zero page.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1), NativeName("struct boot_e820_entry", "asm/bootparam.h")]
struct E820Entry
{
    public ulong Addr;
    public ulong Size;
    public MemoryKind Type;
}
