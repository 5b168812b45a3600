using System.Text;
using PSToyVmm.Engine.Boot;
using PSToyVmm.Engine.Memory;
using Xunit;
using static PSToyVmm.Tests.Unit.Boot.Acpi.AcpiReader;

namespace PSToyVmm.Tests.Unit.Boot;

/// <summary>Read as the MP specification 1.4 lays the tables out.</summary>
public sealed class MpTableTests
{
    static byte[] Write(params uint[] apicIds)
    {
        using GuestMemory memory = new(2 * Kernels.MiB);
        memory.Slice(new(0x9_fc00), 0x2000).Fill(0xcc);
        MpTable.Write(memory, apicIds);

        byte[] pointer = memory.Slice(new(0x9_fc00), 16).ToArray();
        AssertSum(pointer);
        Assert.Equal("_MP_"u8, pointer.AsSpan(0, 4));
        Assert.Equal([1, 4], pointer[8..10]);
        Assert.Equal(new byte[5], pointer[11..]);

        GuestAddress table = new(U32(pointer, 4));
        byte[] bytes = memory.Slice(table, memory.Ref<ushort>(table + 4)).ToArray();
        AssertSum(bytes);
        return bytes;
    }

    // Their sizes are 20 bytes for processors and 8 for all else (4.3).
    static List<string> Entries(byte[] table)
    {
        List<string> entries = [];
        for (int at = 44; at < table.Length;)
        {
            int size = table[at] == 0 ? 20 : 8;
            entries.Add(Convert.ToHexString(table, at, size).ToLowerInvariant());
            at += size;
        }
        return entries;
    }

    [Fact]
    public void The_header_says_what_follows()
    {
        byte[] table = Write(0, 1);
        Assert.Equal("PCMP"u8, table.AsSpan(0, 4));
        Assert.Equal(4, table[6]);
        Assert.Equal("PSTOYVMMPSTOYVMM    ", Encoding.ASCII.GetString(table, 8, 20));
        Assert.Equal(new byte[6], table[28..34]);
        Assert.Equal(Entries(table).Count, BitConverter.ToUInt16(table, 34));
        Assert.Equal((0xfee0_0000u, 0u), (U32(table, 36), U32(table, 40)));
    }

    [Fact]
    public void Processors_come_first_then_the_bus_the_IO_APIC_and_the_wires()
    {
        List<string> entries = Entries(Write(0, 1, 4));
        Assert.Equal(["00001403" + new string('0', 32), "00011401" + new string('0', 32), "00041401" + new string('0', 32)], entries[..3]);
        Assert.Equal("0100" + Convert.ToHexString("ISA   "u8), entries[3], ignoreCase: true);
        Assert.Equal("020211010000c0fe", entries[4]);
        Assert.Equal(Enumerable.Range(0, 24).Select(pin => $"0300000000{pin:x2}02{pin:x2}"), entries[5..29]);
        Assert.Equal(["0403000000000000", "040100000000ff01"], entries[29..]);
    }

    [Fact]
    public void All_the_processors_that_it_can_tell_of_fit_below_1_MiB()
    {
        uint[] all = [.. Enumerable.Range(0, (int)MpTable.ApicIdMax + 1).Select(id => (uint)id)];
        byte[] table = Write(all);
        Assert.Equal(all.Length + 1 + 1 + 24 + 2, BitConverter.ToUInt16(table, 34));
        Assert.True(MpTable.Start.Value + 16 + (uint)table.Length < AcpiTablesStart);
    }

    const ulong AcpiTablesStart = 0xe_0000;

    [Fact]
    public void An_id_that_means_all_processors_is_refused() => Assert.Throws<ArgumentOutOfRangeException>(() => Write(0, 255));
}
