namespace PSToyVmm.Engine.Machines;

/// <summary>The I/O ports of a machine: a PC's, QEMU's for what guests know from there, and two of our own that no driver of Linux probes.</summary>
public static class MachinePorts
{
    /// <summary>The i8042's data port; its command port is 0x64, and 0x61 between them is the in-kernel PIT's.</summary>
    public const ushort KeyboardData = 0x60;

    /// <summary>The i8042's command and status port.</summary>
    public const ushort KeyboardCommand = 0x64;

    /// <summary>The real-time clock's index port; its data port is the next one.</summary>
    public const ushort Rtc = 0x70;

    /// <summary>Where a PC's firmware shows its progress.</summary>
    public const ushort Post = 0x80;

    /// <summary>The debug console of Bochs and QEMU.</summary>
    public const ushort DebugConsole = 0xe9;

    /// <summary>The first serial port, eight registers, IRQ 4.</summary>
    public const ushort Com1 = 0x3f8;

    /// <summary>The selector of QEMU's firmware configuration; its data port is the next one.</summary>
    public const ushort FirmwareConfig = 0x510;

    /// <summary>Sleep control as hardware-reduced ACPI has it: 0x34 switches the power off, 1 resets.</summary>
    public const ushort PowerControl = 0x600;

    /// <summary>Every byte written here is an event of the boot timeline, the first time that its value comes.</summary>
    public const ushort BootMarker = 0x700;

    /// <summary>Where PCI's configuration space is addressed, by 32 bits at once.</summary>
    public const ushort PciConfigAddress = 0xcf8;

    /// <summary>What is there: four ports.</summary>
    public const ushort PciConfigData = 0xcfc;

    /// <summary>Reset control as Intel's chipsets have it.</summary>
    public const ushort ResetControl = 0xcf9;

    // KVM answers the first five in the kernel, where the bus could not tell that two claim one port.
    static readonly (ushort First, int Count, string Owner)[] s_owners =
    [
        (0x20, 2, "the interrupt controller"), (0xa0, 2, "the interrupt controller"), (0x4d0, 2, "the interrupt controller"),
        (0x40, 4, "the timer"), (0x61, 1, "the timer"),
        (KeyboardData, 1, "the keyboard controller"), (KeyboardCommand, 1, "the keyboard controller"),
        (Rtc, 2, "the real-time clock"), (Post, 1, "POST codes"), (DebugConsole, 1, "the debug console"),
        (Com1, 8, "the serial port"), (FirmwareConfig, Devices.FirmwareConfig.PortCount, "the firmware configuration"),
        (PowerControl, 1, "the power control"), (BootMarker, 1, "boot markers"), (ResetControl, 1, "the reset control"),
        (PciConfigAddress, 1, "the PCI bus"), (PciConfigData, 4, "the PCI bus"),
    ];

    /// <summary>Who has one of these ports, in any configuration; null where they are free.</summary>
    internal static string? OwnerOf(ushort first, int count) =>
        s_owners.FirstOrDefault(owner => first < owner.First + owner.Count && owner.First < first + count).Owner;
}
