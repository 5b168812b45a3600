using System.Text;
using CsCheck;
using PSToyVmm.Engine.Consoles;
using Xunit;

namespace PSToyVmm.Tests.Unit.Consoles;

public class ConsoleTextTests
{
    const int Window = 1 << 16;

    static (string Text, long[] Positions) Decode(byte[] bytes, params int[] pieces)
    {
        ConsoleText text = new(100, Window);
        int at = 0;
        foreach (int piece in pieces.Append(bytes.Length))
        {
            int count = Math.Min(piece, bytes.Length - at);
            text.Add(100 + at, bytes.AsSpan(at, count));
            at += count;
        }
        return (text.Judged.ToString(), [.. Enumerable.Range(0, text.Judged.Length + 1).Select(text.PositionOf)]);
    }

    [Theory]
    [InlineData("a\r\nb", "a\nb", new long[] { 100, 101, 103, 104 })]
    [InlineData("a\r\r\nb", "a\nb", new long[] { 100, 101, 104, 105 })]
    [InlineData("10%\r20%", "10%\r20%", new long[] { 100, 101, 102, 103, 104, 105, 106, 107 })]
    [InlineData("a\r\r", "a", new long[] { 100, 101 })]
    [InlineData("é€", "é€", new long[] { 100, 102, 105 })]
    [InlineData("a😀b", "a😀b", new long[] { 100, 101, 105, 105, 106 })]
    public void Characters_know_their_bytes(string written, string expected, long[] positions)
    {
        (string text, long[] actual) = Decode(Encoding.UTF8.GetBytes(written));
        Assert.Equal(expected, text);
        Assert.Equal(positions, actual);
    }

    [Theory]
    [InlineData(new byte[] { 0x41, 0xff, 0x42 }, "A\ufffdB", new long[] { 100, 101, 102, 103 })]
    [InlineData(new byte[] { 0xe2, 0x82, 0x41 }, "\ufffdA", new long[] { 100, 102, 103 })]          // cut short by another character
    [InlineData(new byte[] { 0xbf, 0x41 }, "\ufffdA", new long[] { 100, 101, 102 })]                // from the middle of one
    [InlineData(new byte[] { 0x41, 0xf0, 0x9f }, "A", new long[] { 100, 101 })]                     // the rest may come
    public void What_is_not_UTF8_is_replaced_and_keeps_its_place(byte[] bytes, string expected, long[] positions)
    {
        (string text, long[] actual) = Decode(bytes);
        Assert.Equal(expected, text);
        Assert.Equal(positions, actual);
    }

    [Fact]
    public void It_does_not_matter_where_bytes_are_split() =>
        Gen.Select(
            Gen.Frequency((3, Gen.Byte), (3, Gen.OneOf(Gen.Const((byte)'\r'), Gen.Const((byte)'\n'))), (3, Gen.Byte[0x80, 0xff])).Array[0, 60],
            Gen.Int[0, 5].Array[0, 60])
            .Sample((bytes, pieces) =>
            {
                (string Text, long[] Positions) whole = Decode(bytes), split = Decode(bytes, pieces);
                Assert.Equal(whole.Text, split.Text);
                Assert.Equal(whole.Positions, split.Positions);
            }, iter: 20_000);

    [Fact]
    public void It_agrees_with_the_framework() =>
        Gen.Byte.Array[0, 40].Sample(bytes =>
        {
            byte[] ended = [.. bytes, (byte)'.'];                      // so that no half character waits
            string expected = Encoding.UTF8.GetString(ended);
            while (expected.Contains("\r\n", StringComparison.Ordinal)) expected = expected.Replace("\r\n", "\n", StringComparison.Ordinal);
            Assert.Equal(expected, Decode(ended).Text);
        }, iter: 20_000);

    [Fact]
    public void After_a_gap_the_text_begins_anew()
    {
        ConsoleText text = new(0, Window);
        text.Add(0, [0x61, 0xe2, 0x82]);
        text.Add(10, "bc"u8);
        Assert.Equal("bc", text.Judged);
        Assert.Equal((10, 12), (text.PositionOf(0), text.PositionOf(2)));
    }

    [Fact]
    public void It_keeps_a_window_and_its_positions()
    {
        ConsoleText text = new(0, window: 1000);
        byte[] line = Encoding.UTF8.GetBytes("0123456é\r\n");           // 11 bytes, 9 characters
        for (int i = 0; i < 10_000; i++) text.Add(i * 11, line);
        Assert.InRange(text.Judged.Length, 1000, 1500);
        int index = text.Judged.LastIndexOf("é\n");
        Assert.Equal(9999 * 11 + 7, text.PositionOf(index));
        Assert.Equal(9999 * 11 + 9, text.PositionOf(index + 1));
        Assert.Equal(10_000 * 11, text.PositionOf(text.Judged.Length));
        int first = text.Judged.IndexOf("0");
        Assert.Equal(0, text.PositionOf(first) % 11);
    }
}
