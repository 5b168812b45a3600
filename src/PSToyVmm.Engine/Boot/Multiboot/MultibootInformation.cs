using System.Runtime.InteropServices;
using PSToyVmm.Engine.Memory;

namespace PSToyVmm.Engine.Boot.Multiboot;

/// <summary>
/// What a Multiboot kernel finds at EBX (Multiboot Specification 0.6.96, 3.3). Fields not named stay zero, as their bits in
/// <see cref="Flags"/> do.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 116)]
struct MultibootInformation
{
    /// <summary>Bits that say which fields are there.</summary>
    public const uint HasMemory = 1 << 0, HasCommandLine = 1 << 2, HasModules = 1 << 3, HasMemoryMap = 1 << 6, HasLoaderName = 1 << 9;

    [FieldOffset(0)] public uint Flags;
    [FieldOffset(4)] public uint MemoryLower;
    [FieldOffset(8)] public uint MemoryUpper;
    [FieldOffset(16)] public uint CommandLine;
    [FieldOffset(20)] public uint ModuleCount;
    [FieldOffset(24)] public uint Modules;
    [FieldOffset(44)] public uint MemoryMapLength;
    [FieldOffset(48)] public uint MemoryMap;
    [FieldOffset(64)] public uint LoaderName;
}

/// <summary>One entry of the module list.</summary>
[StructLayout(LayoutKind.Sequential)]
struct MultibootModule
{
    public uint Start;
    public uint End;
    public uint Text;
    public uint Reserved;
}

/// <summary>One entry of the memory map. <see cref="Size"/> does not count itself.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
struct MultibootMemory
{
    public const uint SizeOfRest = 20;

    public uint Size;
    public ulong Address;
    public ulong Length;
    public MemoryKind Kind;
}
