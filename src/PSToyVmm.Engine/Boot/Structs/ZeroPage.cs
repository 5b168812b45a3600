using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace PSToyVmm.Engine.Boot.Structs;

/// <summary>
/// What a boot loader hands to the kernel (Linux: Documentation/arch/x86/zero-page.rst). Fields not named stay zero:
/// screen_info among them, which says that there is no VGA, and the sentinel, which says that the page was cleared.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 4096), NativeName("struct boot_params", "asm/bootparam.h")]
struct ZeroPage
{
    [FieldOffset(0x070)] public ulong AcpiRsdpAddr;
    [FieldOffset(0x0c0)] public uint ExtRamdiskImage;
    [FieldOffset(0x0c4)] public uint ExtRamdiskSize;
    [FieldOffset(0x1e8)] public byte E820Entries;
    [FieldOffset(0x1f1), NativeField("hdr")] public SetupHeader Header;
    [FieldOffset(0x2d0)] public E820Table E820Table;

    /// <summary>First byte past the room for the setup header of any protocol version (edd_mbr_sig_buffer).</summary>
    public const int SetupHeaderEnd = 0x290;
}

/// <summary>E820_MAX_ENTRIES_ZEROPAGE entries.</summary>
[InlineArray(Length)]
struct E820Table
{
    public const int Length = 128;

    E820Entry _first;
}
