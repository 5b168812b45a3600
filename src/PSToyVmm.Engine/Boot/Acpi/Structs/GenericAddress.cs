using System.Runtime.InteropServices;

namespace PSToyVmm.Engine.Boot.Acpi.Structs;

/// <summary>Where a register is (ACPI 6.4, 5.2.3.2).</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
struct GenericAddress
{
    const byte ByteAccess = 1;

    public AmlAddressSpace Space;
    public byte BitWidth;
    public byte BitOffset;
    public byte AccessSize;
    public ulong Address;

    public static GenericAddress BytePort(ushort port) => new() { Space = AmlAddressSpace.SystemIO, BitWidth = 8, AccessSize = ByteAccess, Address = port };
}
