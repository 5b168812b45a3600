namespace PSToyVmm.Engine.Boot;

/// <summary>Where KVM's in-kernel APICs are, as both ACPI and the MP table tell it.</summary>
static class InterruptControllers
{
    public const uint LocalApicAddress = 0xfee0_0000, IoApicAddress = 0xfec0_0000;

    /// <summary>Pins of the I/O APIC.</summary>
    public const int IoApicPins = 24;

    /// <summary>LINT0, which the 8259's output goes to, and LINT1 of every local APIC.</summary>
    public const byte ExternalInput = 0, NmiInput = 1;
}
