using System.Runtime.InteropServices;
using PSToyVmm.Engine.Memory;

namespace PSToyVmm.Engine.Boot.Pvh;

/// <summary>What a PVH kernel finds at EBX (Xen: xen/include/public/arch-x86/hvm/start_info.h, version 1).</summary>
[StructLayout(LayoutKind.Sequential)]
struct StartInfo
{
    /// <summary>"xEn3" with the first letter's top bit set.</summary>
    public const uint MagicValue = 0x336e_c578;

    public uint Magic;
    public uint Version;
    public uint Flags;
    public uint ModuleCount;
    public ulong Modules;
    public ulong CommandLine;
    public ulong Rsdp;
    public ulong MemoryMap;
    public uint MemoryMapEntries;
    public uint Reserved;
}

/// <summary>struct hvm_modlist_entry.</summary>
[StructLayout(LayoutKind.Sequential)]
struct StartInfoModule
{
    public ulong Address;
    public ulong Size;
    public ulong CommandLine;
    public ulong Reserved;
}

/// <summary>struct hvm_memmap_table_entry; the kinds are those of e820.</summary>
[StructLayout(LayoutKind.Sequential)]
struct StartInfoMemory
{
    public ulong Address;
    public ulong Size;
    public MemoryKind Kind;
    public uint Reserved;
}
