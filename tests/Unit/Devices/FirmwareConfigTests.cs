using System.Buffers.Binary;
using System.Text;
using PSToyVmm.Engine.Devices;
using Xunit;

namespace PSToyVmm.Tests.Unit.Devices;

public class FirmwareConfigTests
{
    static readonly byte[] s_motd = "hello"u8.ToArray();

    readonly FirmwareConfig _config = new(3ul << 30, 4, new Dictionary<string, byte[]> { ["opt/org.example/motd"] = s_motd, ["opt/a"] = [], ["etc/b"] = [1, 2, 3] });

    byte[] Item(ushort selector, int count)
    {
        byte[] item = new byte[count];
        byte[] key = new byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(key, selector);
        _config.Write(0, key);
        for (int i = 0; i < count; i++) item[i] = _config.In(1);
        return item;
    }

    [Fact]
    public void It_is_QEMUs_without_DMA() => Assert.Equal(("QEMU\0", 1u), (Encoding.ASCII.GetString(Item(0, 5)), BitConverter.ToUInt32(Item(1, 4))));

    [Fact]
    public void It_tells_the_machines_size() =>
        Assert.Equal((3ul << 30, 4, 4), (BitConverter.ToUInt64(Item(3, 8)), BitConverter.ToUInt16(Item(5, 2)), BitConverter.ToUInt16(Item(0xf, 2))));

    [Fact]
    public void The_directory_lists_files_by_name_and_they_read_as_given()
    {
        byte[] directory = Item(0x19, 4 + 3 * 64 + 4);
        Assert.Equal(3, BinaryPrimitives.ReadInt32BigEndian(directory));
        var files = Enumerable.Range(0, 3).Select(i => directory.AsSpan(4 + i * 64, 64).ToArray())
            .Select(e => (Name: Encoding.ASCII.GetString(e, 8, 56).TrimEnd('\0'), Size: BinaryPrimitives.ReadInt32BigEndian(e), Selector: BinaryPrimitives.ReadUInt16BigEndian(e.AsSpan(4)))).ToArray();
        Assert.Equal([("etc/b", 3, (ushort)0x20), ("opt/a", 0, (ushort)0x21), ("opt/org.example/motd", 5, (ushort)0x22)], files);
        Assert.Equal([0, 0, 0, 0], directory[^4..]);
        Assert.Equal("hello\0\0\0"u8, Item(0x22, 8));
        Assert.Equal([0], Item(0x21, 1));
    }

    [Theory, InlineData(0x02), InlineData(0x1f), InlineData(0x23), InlineData(0x3fff), InlineData(0x8000), InlineData(0xffff)]
    public void An_item_that_is_not_there_reads_zero(ushort selector) => Assert.Equal([0, 0, 0], Item(selector, 3));

    [Fact]
    public void The_obsolete_write_bit_of_a_selector_does_not_matter() => Assert.Equal("QEMU"u8, Item(0x4000, 4));

    [Fact]
    public void Only_a_word_at_the_selector_selects_and_selecting_starts_over()
    {
        Item(0x22, 2);
        _config.Write(0, [0]);
        _config.Write(0, [0, 0, 0, 0]);
        _config.Write(1, [0, 0]);
        Assert.Equal((byte)'l', _config.In(1));
        Assert.Equal((byte)'h', Item(0x22, 1)[0]);
        Assert.Equal(0xff, _config.In(0));
    }

    [Fact]
    public void A_wide_read_takes_as_many_bytes()
    {
        Item(0x22, 1);
        byte[] data = new byte[8];
        _config.Read(1, data);
        Assert.Equal("ello\0\0\0\0"u8, data);
        _config.Read(1, data);
        Assert.Equal(new byte[8], data);
    }

    [Fact]
    public void A_restored_one_reads_on()
    {
        Item(0x22, 2);
        FirmwareConfig restored = new(0, 1, new Dictionary<string, byte[]> { ["a"] = [], ["b"] = [], ["c"] = s_motd }, _config.Save());
        Assert.Equal((byte)'l', restored.In(1));
        Assert.Equal(_config.Save() with { Position = 3 }, restored.Save());
        FirmwareConfig hostile = new(0, 1, [], new(0, int.MaxValue));
        Assert.Equal(0, hostile.In(1));
        hostile = new(0, 1, [], new(0, -5));
        Assert.Equal((byte)'Q', hostile.In(1));
    }

    [Theory]
    [InlineData("opt/org.example/a", true), InlineData("", false), InlineData("a b", false), InlineData("ä", false), InlineData("a\0", false)]
    [InlineData("0123456789012345678901234567890123456789012345678901234", true), InlineData("01234567890123456789012345678901234567890123456789012345", false)]
    public void A_name_is_short_and_visible(string name, bool valid) => Assert.Equal(valid, FirmwareConfig.IsName(name));
}
