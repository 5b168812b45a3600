using System.Text;
using PSToyVmm.Engine.Boot.Acpi;
using PSToyVmm.Engine.Memory;
using Xunit;
using static PSToyVmm.Tests.Unit.Boot.Acpi.AcpiReader;

namespace PSToyVmm.Tests.Unit.Boot.Acpi;

public sealed class AcpiTablesTests
{
    /// <summary>A machine with one of everything.</summary>
    internal static readonly AcpiPlatform Everything = new([0, 1, 2], new(0x600, PowerOffSleepType: 5, ResetValue: 1))
    {
        Devices =
        [
            AcpiDevice.SerialPort("COM1", 0, 0x3f8, 4),
            AcpiDevice.RealTimeClock(0x70, 8),
            AcpiDevice.Keyboard(0x60, 0x64, 1),
            AcpiDevice.FirmwareConfig(0x510, 2),
            AcpiDevice.VirtioMmio(0, 0xd000_0000, 0x1000, 16),
            AcpiDevice.VirtioMmio(1, 0xd000_1000, 0x1000, 17),
        ],
        PowerButtonGsi = 9,
        ShutdownRequestGsi = 10,
    };

    internal static AcpiReader Write(AcpiPlatform platform)
    {
        using GuestMemory memory = new(2 * Kernels.MiB);
        // What was there before must not show through.
        memory.Slice(AcpiTables.Start, 0x1_0000).Fill(0xcc);
        return new(memory, AcpiTables.Write(memory, platform).Rsdp);
    }

    [Fact]
    public void The_root_lies_where_kernels_search_and_says_revision_2()
    {
        AcpiReader acpi = Write(Everything);
        Assert.Equal(new(0xe_0000), AcpiTables.Start);
        Assert.Equal("RSD PTR "u8, acpi.Root.AsSpan(0, 8));
        Assert.Equal("PSTOY "u8, acpi.Root.AsSpan(9, 6));
        Assert.Equal((2, 0u, 36u), (acpi.Root[15], U32(acpi.Root, 16), U32(acpi.Root, 20)));
        Assert.Equal([0, 0, 0], acpi.Root[33..]);
    }

    [Fact]
    public void Every_table_is_headed_aligned_and_apart_from_the_others_in_reserved_memory()
    {
        using GuestMemory memory = new(2 * Kernels.MiB);
        AcpiPlacement placement = AcpiTables.Write(memory, Everything);
        AcpiReader acpi = new(memory, placement.Rsdp);

        Assert.Equal(["FACP", "APIC"], acpi.Order);
        Assert.Equal(["APIC", "DSDT", "FACP", "XSDT"], acpi.Tables.Keys.Order());
        ulong end = placement.Rsdp.Value + 36;
        foreach ((ulong address, byte[] table) in acpi.Tables.Values.OrderBy(table => table.Address))
        {
            Assert.True(address >= end && address % 16 == 0);
            Assert.Equal("PSTOY PSTOYVMM", Encoding.ASCII.GetString(table, 10, 14));
            Assert.Equal((1u, "PSTV", 1u), (U32(table, 24), Encoding.ASCII.GetString(table, 28, 4), U32(table, 32)));
            end = address + (uint)table.Length;
        }
        Assert.Equal(placement.End, new(end));
        MemoryRange legacy = MemoryMap.Describe(memory).Single(range => range.Start.Value <= placement.Rsdp.Value && placement.Rsdp.Value < range.Start.Value + range.Size);
        Assert.Equal(MemoryKind.Reserved, legacy.Kind);
        Assert.True(placement.End.Value <= legacy.Start.Value + legacy.Size);
    }

    [Fact]
    public void Revisions_are_those_of_ACPI_6_4()
    {
        AcpiReader acpi = Write(Everything);
        Assert.Equal((1, 6, 4, 5, 2), (acpi["XSDT"][8], acpi["FACP"][8], acpi["FACP"][131], acpi["APIC"][8], acpi["DSDT"][8]));
    }

    [Fact]
    public void The_FADT_describes_a_machine_without_ACPI_hardware()
    {
        AcpiReader acpi = Write(Everything);
        byte[] fadt = acpi["FACP"], expected = new byte[276];
        fadt.AsSpan(0, 36).CopyTo(expected);
        expected[109] = 0b111; // ISA devices, an i8042, no VGA
        BitConverter.TryWriteBytes(expected.AsSpan(112), 1u << 20 | 1u << 10 | 1u << 6 | 1u << 5 | 1u << 4 | 1u << 2 | 1u << 0);
        byte[] bytePort600 = [1, 8, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0];
        bytePort600.CopyTo(expected, 116);
        (expected[128], expected[131]) = (1, 4);
        BitConverter.TryWriteBytes(expected.AsSpan(140), acpi.Tables["DSDT"].Address);
        bytePort600.CopyTo(expected, 244);
        bytePort600.CopyTo(expected, 256);
        "PSTOYVMM"u8.CopyTo(expected.AsSpan(268));
        Assert.Equal(expected, fadt);
    }

    [Fact]
    public void The_MADT_lists_processors_the_IO_APIC_and_where_NMIs_arrive() =>
        Assert.Equal("0000e0fe 01000000" // APICs at 0xfee00000, and a PC's two 8259s
            + "00 08 00 00 01000000  00 08 01 04 01000000  00 08 02 fe 01000000"
            + "01 0c 00 00 0000c0fe 00000000"
            + "04 06 ff 0000 01", Spaced(Write(Everything with { ApicIds = [0, 4, 254] })["APIC"].AsSpan(36)), ignoreCase: true, ignoreAllWhiteSpace: true);

    [Fact]
    public void Ids_from_255_on_are_x2APICs() =>
        Assert.Equal("0000e0fe 01000000"
            + "00 08 00 00 01000000  09 10 0000 ff000000 01000000 01000000  09 10 0000 00100000 01000000 02000000"
            + "01 0c 00 00 0000c0fe 00000000"
            + "04 06 ff 0000 01  0a 0c 0000 ffffffff 01 000000",
            Spaced(Write(Everything with { ApicIds = [0, 255, 0x1000] })["APIC"].AsSpan(36)), ignoreCase: true, ignoreAllWhiteSpace: true);

    static string Spaced(ReadOnlySpan<byte> bytes) => Convert.ToHexString(bytes);

    [Fact]
    public void The_DSDT_of_a_bare_machine_says_how_to_switch_it_off() =>
        Assert.Equal(Convert.FromHexString("085c5f53355f1207040a05000000" + "10065c5f53425f"),
            Write(new([0], new(0x600, 5, 1)))["DSDT"][36..]);

    [Fact]
    public void A_device_is_found_by_its_id_and_says_what_it_occupies()
    {
        byte[] expected = Aml.Scope(@"\_SB", Aml.Device("V001", Aml.Name("_HID", Aml.Text("LNRO0005")), Aml.Name("_UID", 1),
            Aml.Name("_CRS", Aml.ResourceTemplate(AcpiResource.Memory(0xd000_1000, 0x1000), AcpiResource.Interrupt(17))),
            Aml.Name("_STA", 0xf))).Bytes.ToArray();
        AcpiDevice disk = AcpiDevice.VirtioMmio(1, 0xd000_1000, 0x1000, 17) with { Objects = [Aml.Name("_STA", 0xf)] };
        Assert.Equal(expected, Write(new([0], new(0x600, 5, 1)) { Devices = [disk] })["DSDT"][(36 + 14)..]);
    }

    [Fact]
    public void Events_are_told_apart_by_their_interrupts()
    {
        byte[] dsdt = Write(Everything)["DSDT"];
        byte[] method = Aml.Method("_EVT", 1,
            Aml.If(Aml.Equal(Aml.Arg(0), 9), Aml.Notify("PWRB", 0x80)),
            Aml.If(Aml.Equal(Aml.Arg(0), 10), Aml.Notify(@"\_SB", 0x81))).Bytes.ToArray();
        Assert.True(dsdt.AsSpan().IndexOf(method) > 0);
        Assert.True(dsdt.AsSpan().IndexOf(Aml.ResourceTemplate(AcpiResource.Interrupt(9), AcpiResource.Interrupt(10)).Bytes) > 0);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public void What_the_machine_has_not_is_not_described(bool hasButton, bool hasRequest)
    {
        byte[] dsdt = Write(Everything with { PowerButtonGsi = hasButton ? 9 : null, ShutdownRequestGsi = hasRequest ? 10 : null })["DSDT"];
        Assert.Equal(hasButton, dsdt.AsSpan().IndexOf("PWRB"u8) > 0);
        Assert.Equal(hasButton || hasRequest, dsdt.AsSpan().IndexOf("ACPI0013"u8) > 0);
    }

    [Fact]
    public void Further_tables_are_listed_behind_ours()
    {
        byte[] mcfg = AcpiTable.Build("MCFG"u8, 1, new byte[24]);
        AcpiReader acpi = Write(Everything with { Tables = [mcfg] });
        Assert.Equal(["FACP", "APIC", "MCFG"], acpi.Order);
        Assert.Equal(mcfg, acpi["MCFG"]);
    }

    [Fact]
    public void Tables_that_would_reach_into_the_kernel_are_refused()
    {
        using GuestMemory memory = new(2 * Kernels.MiB);
        Assert.Throws<InvalidOperationException>(() => AcpiTables.Write(memory, Everything with { Tables = [AcpiTable.Build("SSDT"u8, 2, new byte[0x2_0000])] }));
        Assert.False(memory.Slice(new(Kernels.MiB), 0x1000).ContainsAnyExcept((byte)0));
    }
}
