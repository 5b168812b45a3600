using PSToyVmm.Engine.Boot;
using PSToyVmm.Engine.Boot.Acpi;
using PSToyVmm.Engine.Devices;
using PSToyVmm.Engine.Memory;

namespace PSToyVmm.Engine.Machines;

/// <summary>
/// What a PC's firmware would have left in memory: ACPI tables, an MP table for kernels without ACPI, and at the reset
/// vector the little code that resets. ACPI is hardware-reduced: Linux then sets up neither PIT nor PM timer, which costs
/// it a third fewer exits than the full one, and it powers off by one write.
/// </summary>
static class MachineFirmware
{
    /// <summary>Pulsing this input asks the operating system to shut down: ACPI's Notify(\_SB, 0x81), which needs no daemon in the guest.</summary>
    public const uint ShutdownRequestGsi = 10;

    /// <summary>Pulsing this one presses the power button, for guests whose own software listens to it.</summary>
    public const uint PowerButtonGsi = 9;

    /// <summary>Writes it all, and returns where the ACPI tables begin; null where there are to be none.</summary>
    public static GuestAddress? Write(GuestMemory memory, IReadOnlyList<uint> apicIds, MachineConfiguration configuration)
    {
        ResetVector.Write(memory, MachinePorts.PowerControl, PowerControl.ResetValue);
        MpTable.Write(memory, [.. apicIds.Where(id => id <= MpTable.ApicIdMax)]);
        if (!configuration.Acpi) return null;
        AcpiPowerControl power = new(MachinePorts.PowerControl, PowerControl.PowerOffSleepType, PowerControl.ResetValue);
        return AcpiTables.Write(memory, new(apicIds, power)
        {
            Devices =
            [
                AcpiDevice.SerialPort("COM1", 0, MachinePorts.Com1, MachineDevices.Com1Irq),
                AcpiDevice.RealTimeClock(MachinePorts.Rtc, MachineDevices.RtcIrq),
                AcpiDevice.Keyboard(MachinePorts.KeyboardData, MachinePorts.KeyboardCommand, MachineDevices.KeyboardIrq),
                .. configuration.FirmwareConfig is not null ? [AcpiDevice.FirmwareConfig(MachinePorts.FirmwareConfig, FirmwareConfig.PortCount)] : (AcpiDevice[])[],
                .. VirtioSlots.For(configuration).Select(slot => AcpiDevice.VirtioMmio((uint)slot.Index, slot.Address, VirtioSlots.Size, slot.Irq)),
            ],
            PowerButtonGsi = PowerButtonGsi,
            ShutdownRequestGsi = ShutdownRequestGsi,
        }).Rsdp;
    }
}
