using PSToyVmm.Engine.Boot.Acpi.Structs;

namespace PSToyVmm.Engine.Boot.Acpi;

/// <summary>
/// The MADT: processors and where interrupts go. No interrupt source overrides: KVM wires every ISA interrupt, the PIT's
/// IRQ 0 included, to the I/O APIC's pin of the same number (Linux: arch/x86/kvm/irq_comm.c, default_routing), which is
/// also what holds where nothing is said.
/// </summary>
static class ApicTable
{
    const byte Revision = 5;
    const uint FirstIdOfX2Apic = 255;

    public static byte[] Build(IReadOnlyList<uint> apicIds)
    {
        WireWriter content = new();
        content.Add(new MadtStart(InterruptControllers.LocalApicAddress, hasDual8259: true));
        for (int i = 0; i < apicIds.Count; i++)
            if (apicIds[i] < FirstIdOfX2Apic) content.Add(new MadtLocalApic(checked((byte)i), (byte)apicIds[i]));
            else content.Add(new MadtLocalX2Apic((uint)i, apicIds[i]));
        content.Add(new MadtIoApic(id: 0, InterruptControllers.IoApicAddress, firstGsi: 0));
        content.Add(new MadtLocalApicNmi(InterruptControllers.NmiInput));
        if (apicIds.Any(id => id >= FirstIdOfX2Apic)) content.Add(new MadtLocalX2ApicNmi(InterruptControllers.NmiInput));
        return AcpiTable.Build("APIC"u8, Revision, content.ToArray());
    }
}
