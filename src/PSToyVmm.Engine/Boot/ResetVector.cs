using PSToyVmm.Engine.Memory;

namespace PSToyVmm.Engine.Boot;

/// <summary>
/// All the BIOS there is: what a processor in real mode finds where a PC's begins, at F000:FFF0. Kernels that reset by way
/// of the BIOS come there, and so does any Linux with hardware-reduced ACPI that is not told otherwise on its command line:
/// it takes such a machine for one with EFI, finds none and falls back to the BIOS, not to ACPI's reset register (Linux:
/// arch/x86/kernel/reboot.c, reboot_init).
/// </summary>
public static class ResetVector
{
    /// <summary>Where it lies: the last sixteen bytes of the first MiB, reserved in the memory map.</summary>
    public static readonly GuestAddress Start = new(MemoryMap.HighMemoryStart - 16);

    const byte MovDx = 0xba, MovAl = 0xb0, OutDxAl = 0xee, Hlt = 0xf4, JmpShort = 0xeb, BackToHlt = 0xfd;

    /// <summary>Writes code that writes a byte to a port, and then waits for what comes of it.</summary>
    public static void Write(GuestMemory memory, ushort port, byte value) =>
        memory.Write(Start, [MovDx, (byte)port, (byte)(port >> 8), MovAl, value, OutDxAl, Hlt, JmpShort, BackToHlt]);
}
