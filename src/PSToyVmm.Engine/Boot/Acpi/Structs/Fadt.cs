using System.Runtime.InteropServices;

namespace PSToyVmm.Engine.Boot.Acpi.Structs;

/// <summary>
/// The fixed ACPI description table (ACPI 6.4, table 5.9). What is not named stays zero, which says that there is none of
/// it: PM1, PM timer, general-purpose events, SCI, SMI, FACS.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
struct Fadt
{
    public const int Size = 276;
    public const byte MajorVersion = 6, MinorVersion = 4;

    [FieldOffset(0)] public TableHeader Header;
    [FieldOffset(109)] public PcFeatures PcFeatures;
    [FieldOffset(112)] public FadtFlags Flags;
    [FieldOffset(116)] public GenericAddress ResetRegister;
    [FieldOffset(128)] public byte ResetValue;
    [FieldOffset(131)] public byte FadtMinorVersion;
    [FieldOffset(140)] public ulong Dsdt;
    [FieldOffset(244)] public GenericAddress SleepControl;
    [FieldOffset(256)] public GenericAddress SleepStatus;
    [FieldOffset(268)] public OemTableId Hypervisor;
}

/// <summary>IAPC_BOOT_ARCH (ACPI 6.4, table 5.11).</summary>
[Flags]
enum PcFeatures : ushort
{
    LegacyDevices = 1 << 0,
    I8042 = 1 << 1,
    NoVga = 1 << 2,
}

/// <summary>Fixed feature flags (ACPI 6.4, table 5.10).</summary>
[Flags]
enum FadtFlags : uint
{
    WbinvdWorks = 1 << 0,
    HaltWorks = 1 << 2,
    NoFixedPowerButton = 1 << 4,
    NoFixedSleepButton = 1 << 5,
    NoFixedRtcWake = 1 << 6,
    ResetRegister = 1 << 10,
    HardwareReduced = 1 << 20,
}
