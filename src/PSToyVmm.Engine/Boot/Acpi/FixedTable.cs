using System.Runtime.InteropServices;
using PSToyVmm.Engine.Boot.Acpi.Structs;
using PSToyVmm.Engine.Memory;

namespace PSToyVmm.Engine.Boot.Acpi;

/// <summary>
/// The FADT of a machine with hardware-reduced ACPI (ACPI 6.4, 4.1): no PM1 registers, no PM timer, no SCI, and with them
/// none of the exits that they cost. Linux then leaves PIC and PIT alone, too.
/// </summary>
static class FixedTable
{
    public static byte[] Build(AcpiPlatform platform, GuestAddress dsdt)
    {
        GenericAddress power = GenericAddress.BytePort(platform.PowerControl.Port);
        byte[] table = new byte[Fadt.Size];
        MemoryMarshal.Write(table, new Fadt
        {
            Header = AcpiTable.Header("FACP"u8, Fadt.MajorVersion, Fadt.Size),
            FadtMinorVersion = Fadt.MinorVersion,
            Dsdt = dsdt.Value,
            PcFeatures = PcFeatures.LegacyDevices | PcFeatures.I8042 | PcFeatures.NoVga,
            Flags = FadtFlags.HardwareReduced | FadtFlags.ResetRegister | FadtFlags.WbinvdWorks | FadtFlags.HaltWorks
                | FadtFlags.NoFixedPowerButton | FadtFlags.NoFixedSleepButton | FadtFlags.NoFixedRtcWake,
            ResetRegister = power,
            ResetValue = platform.PowerControl.ResetValue,
            SleepControl = power,
            SleepStatus = power,
            Hypervisor = AcpiTable.Product,
        });
        Checksum.Seal(table, TableHeader.ChecksumOffset);
        return table;
    }
}
