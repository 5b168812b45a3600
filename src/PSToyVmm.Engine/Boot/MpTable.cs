using System.Runtime.InteropServices;
using PSToyVmm.Engine.Boot.Structs;
using PSToyVmm.Engine.Memory;

namespace PSToyVmm.Engine.Boot;

/// <summary>
/// Processors and interrupts for kernels that do not read ACPI tables (Intel MultiProcessor specification 1.4): a floating
/// pointer at the start of the extended BIOS data area, and the configuration table behind it.
/// </summary>
public static class MpTable
{
    /// <summary>Where the floating pointer lies: in the last KiB below 640 KiB, one of the places where kernels search.</summary>
    public static readonly GuestAddress Start = new(MemoryMap.EbdaStart);

    /// <summary>The largest APIC id that the tables can tell; 255 means all processors.</summary>
    public const uint ApicIdMax = byte.MaxValue - 1;

    const byte SpecificationRevision = 4;
    const byte IsaBus = 0, EveryProcessor = byte.MaxValue;

    /// <summary>Writes both.</summary>
    /// <param name="memory">The guest's.</param>
    /// <param name="apicIds">The local APIC of each vCPU; the first is the one that boots.</param>
    /// <exception cref="ArgumentOutOfRangeException">An id is above <see cref="ApicIdMax"/>.</exception>
    public static void Write(GuestMemory memory, IReadOnlyList<uint> apicIds)
    {
        GuestAddress table = Start + MpFloatingPointer.Size;
        memory.Write(Start, Pointer(table));
        memory.Write(table, Configuration(apicIds));
    }

    static byte[] Pointer(GuestAddress table)
    {
        byte[] pointer = new byte[MpFloatingPointer.Size];
        MemoryMarshal.Write(pointer, new MpFloatingPointer
        {
            Signature = MemoryMarshal.Read<uint>("_MP_"u8),
            ConfigurationTable = (uint)table.Value,
            LengthInParagraphs = 1,
            Revision = SpecificationRevision,
        });
        Checksum.Seal(pointer, MpFloatingPointer.ChecksumOffset);
        return pointer;
    }

    static byte[] Configuration(IReadOnlyList<uint> apicIds)
    {
        // APICs share one numbering here, other than in ACPI.
        byte ioApic = (byte)Enumerable.Range(0, byte.MaxValue + 1).First(id => !apicIds.Contains((uint)id));
        WireWriter entries = new();
        int count = 0;
        for (int i = 0; i < apicIds.Count; i++)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(apicIds[i], ApicIdMax, nameof(apicIds));
            Add(new MpProcessor((byte)apicIds[i], isBoot: i == 0));
        }
        Add(new MpBus(IsaBus, "ISA   "u8));
        Add(new MpIoApic(ioApic, InterruptControllers.IoApicAddress));
        // As KVM wires them: see ApicTable. Pins above 15 are on no ISA bus, but so a kernel without ACPI can use them at all.
        for (byte pin = 0; pin < InterruptControllers.IoApicPins; pin++)
            Add(new MpInterrupt(MpWire.ToIoApic, MpInterruptKind.Vectored, IsaBus, pin, ioApic, pin));
        Add(new MpInterrupt(MpWire.ToLocalApic, MpInterruptKind.External, IsaBus, 0, (byte)apicIds[0], InterruptControllers.ExternalInput));
        Add(new MpInterrupt(MpWire.ToLocalApic, MpInterruptKind.Nmi, IsaBus, 0, EveryProcessor, InterruptControllers.NmiInput));

        byte[] table = [.. new byte[MpHeader.Size], .. entries.ToArray()];
        MemoryMarshal.Write(table, new MpHeader
        {
            Signature = MemoryMarshal.Read<uint>("PCMP"u8),
            Length = (ushort)table.Length,
            Revision = SpecificationRevision,
            OemId = "PSTOYVMM"u8,
            ProductId = "PSTOYVMM    "u8,
            EntryCount = (ushort)count,
            LocalApicAddress = InterruptControllers.LocalApicAddress,
        });
        Checksum.Seal(table, MpHeader.ChecksumOffset);
        return table;

        void Add<T>(in T entry) where T : unmanaged
        {
            entries.Add(entry);
            count++;
        }
    }
}
