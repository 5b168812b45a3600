namespace PSToyVmm.Engine.Boot.Acpi;

/// <summary>The DSDT: devices, and how the machine is switched off from within and from without.</summary>
static class DifferentiatedTable
{
    // From 2 on, integers have 64 bits.
    const byte Revision = 2;
    // ACPI 6.4, 5.6.6: of a power button, and of \_SB itself.
    const ulong ButtonPressed = 0x80, ShutdownRequested = 0x81;
    const string PowerButton = "PWRB";

    public static byte[] Build(AcpiPlatform platform)
    {
        AmlTerm[] objects =
        [
            .. platform.Devices.Select(device => device.ToAml()),
            .. Events(platform),
        ];
        AmlTerm[] table =
        [
            // SLP_TYPa and, of no use without PM1b, SLP_TYPb; two that are reserved (ACPI 6.4, 7.4.2).
            Aml.Name(@"\_S5", Aml.Package(platform.PowerControl.PowerOffSleepType, 0, 0, 0)),
            Aml.Scope(@"\_SB", objects),
        ];
        return AcpiTable.Build("DSDT"u8, Revision, AmlTerm.Join(table));
    }

    // Without fixed hardware there are no fixed events: a generic event device maps interrupts to them (ACPI 6.4, 5.6.9). One
    // interrupt each, so that no register has to be read to tell them apart.
    static IEnumerable<AmlTerm> Events(AcpiPlatform platform)
    {
        List<AcpiResource> interrupts = [];
        List<AmlTerm> handlers = [];
        if (platform.PowerButtonGsi is { } button)
        {
            yield return Aml.Device(PowerButton, Aml.Name("_HID", Aml.HardwareId("PNP0C0C")), Aml.Name("_UID", 0));
            On(button, PowerButton, ButtonPressed);
        }
        if (platform.ShutdownRequestGsi is { } request) On(request, @"\_SB", ShutdownRequested);
        if (interrupts.Count > 0)
            yield return new AcpiDevice("GED", "ACPI0013", 0, interrupts) { Objects = [Aml.Method("_EVT", 1, [.. handlers])] }.ToAml();

        void On(uint gsi, string device, ulong what)
        {
            interrupts.Add(AcpiResource.Interrupt(gsi));
            handlers.Add(Aml.If(Aml.Equal(Aml.Arg(0), gsi), Aml.Notify(device, what)));
        }
    }
}
