namespace PSToyVmm.Engine.Machines;

/// <summary>The I/O ports of a machine: a PC's, and two of our own that no driver of Linux probes.</summary>
public static class MachinePorts
{
    /// <summary>The i8042's data port; its command port is 0x64, and 0x61 between them is the in-kernel PIT's.</summary>
    public const ushort KeyboardData = 0x60;

    /// <summary>The i8042's command and status port.</summary>
    public const ushort KeyboardCommand = 0x64;

    /// <summary>The real-time clock's index port; its data port is the next one.</summary>
    public const ushort Rtc = 0x70;

    /// <summary>The first serial port, eight registers, IRQ 4.</summary>
    public const ushort Com1 = 0x3f8;

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
}
