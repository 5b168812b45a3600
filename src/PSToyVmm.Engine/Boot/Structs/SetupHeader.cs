using System.Runtime.InteropServices;

namespace PSToyVmm.Engine.Boot.Structs;

#pragma warning disable CS0649 // read from files, and only partly assigned

/// <summary>
/// The header at 0x1f1 of a bzImage and of the zero page (Linux: Documentation/arch/x86/boot.rst, "The Real-Mode Kernel
/// Header"), up to protocol 2.15.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1), NativeName("struct setup_header", "asm/bootparam.h")]
struct SetupHeader
{
    /// <summary>Where it lies in the file and in the zero page.</summary>
    public const int Offset = 0x1f1;

    public const ushort BootFlagMagic = 0xaa55;

    /// <summary>"HdrS".</summary>
    public const uint HeaderMagic = 0x5372_6448;

    /// <summary>A boot loader without an assigned number.</summary>
    public const byte UnknownLoader = 0xff;

    /// <summary>loadflags: the protected-mode code is loaded at 1 MiB or above; a zImage has it clear.</summary>
    public const byte LoadedHigh = 1;

    /// <summary>xloadflags: there is a 64-bit entry point at 0x200 (XLF_KERNEL_64).</summary>
    public const ushort Kernel64 = 1;

    public byte SetupSects;
    public ushort RootFlags;
    public uint Syssize;
    public ushort RamSize;
    public ushort VidMode;
    public ushort RootDev;
    public ushort BootFlag;
    public ushort Jump;
    public uint Header;
    public ushort Version;
    public uint RealmodeSwtch;
    public ushort StartSysSeg;
    public ushort KernelVersion;
    public byte TypeOfLoader;
    public byte Loadflags;
    public ushort SetupMoveSize;
    public uint Code32Start;
    public uint RamdiskImage;
    public uint RamdiskSize;
    public uint BootsectKludge;
    public ushort HeapEndPtr;
    public byte ExtLoaderVer;
    public byte ExtLoaderType;
    public uint CmdLinePtr;
    public uint InitrdAddrMax;
    public uint KernelAlignment;
    public byte RelocatableKernel;
    public byte MinAlignment;
    public ushort Xloadflags;
    public uint CmdlineSize;
    public uint HardwareSubarch;
    public ulong HardwareSubarchData;
    public uint PayloadOffset;
    public uint PayloadLength;
    public ulong SetupData;
    public ulong PrefAddress;
    public uint InitSize;
    public uint HandoverOffset;
    public uint KernelInfoOffset;
}
