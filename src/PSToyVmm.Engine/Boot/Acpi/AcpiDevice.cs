namespace PSToyVmm.Engine.Boot.Acpi;

/// <summary>A device that the guest cannot find by itself: who it is, and where.</summary>
/// <param name="Name">Up to four characters, unique in the machine: <c>COM1</c>.</param>
/// <param name="HardwareId">What drivers look for: <c>PNP0501</c>, <c>LNRO0005</c>.</param>
/// <param name="UniqueId">Tells devices of one hardware id apart.</param>
/// <param name="Resources">What it occupies.</param>
public sealed record AcpiDevice(string Name, string HardwareId, uint UniqueId, params IReadOnlyList<AcpiResource> Resources)
{
    /// <summary>Objects besides: methods, regions, properties.</summary>
    public IReadOnlyList<AmlTerm> Objects { get; init; } = [];

    /// <summary>A serial port, a 16550A.</summary>
    public static AcpiDevice SerialPort(string name, uint uniqueId, ushort port, int irq) =>
        new(name, "PNP0501", uniqueId, AcpiResource.Ports(port, 8), AcpiResource.IsaInterrupt(irq));

    /// <summary>The keyboard behind an i8042, and no mouse: Linux looks for none then, and warns of it unless told <c>i8042.noaux</c>.</summary>
    public static AcpiDevice Keyboard(ushort dataPort, ushort commandPort, int irq) => new("KBD", "PNP0303", 0,
        AcpiResource.Ports(dataPort, 1), AcpiResource.Ports(commandPort, 1), AcpiResource.IsaInterrupt(irq));

    /// <summary>A PC's real-time clock. Its interrupt is Linux's alarm.</summary>
    public static AcpiDevice RealTimeClock(ushort port, int irq) => new("RTC", "PNP0B00", 0, AcpiResource.Ports(port, 2), AcpiResource.IsaInterrupt(irq));

    /// <summary>QEMU's firmware configuration, where Linux's qemu_fw_cfg looks for it.</summary>
    public static AcpiDevice FirmwareConfig(ushort port, byte ports) => new("FWCF", "QEMU0002", 0, AcpiResource.Ports(port, ports));

    /// <summary>A virtio device with registers in memory, as QEMU named it and Linux knows it.</summary>
    public static AcpiDevice VirtioMmio(uint index, uint address, uint size, uint gsi) =>
        new($"V{index:X3}", "LNRO0005", index, AcpiResource.Memory(address, size), AcpiResource.Interrupt(gsi));

    internal AmlTerm ToAml() => Aml.Device(Name,
    [
        Aml.Name("_HID", Aml.HardwareId(HardwareId)),
        Aml.Name("_UID", UniqueId),
        Aml.Name("_CRS", Aml.ResourceTemplate([.. Resources])),
        .. Objects,
    ]);
}
