using PSToyVmm.Engine.Devices;
using Xunit;

namespace PSToyVmm.Tests.Unit.Devices;

public class DebugDeviceTests
{
    [Fact]
    public void The_debug_console_says_that_it_is_there_and_passes_text_on()
    {
        List<byte> told = [];
        DebugConsole console = new(told.Add);
        Assert.Equal(0xe9, console.In());
        foreach (byte value in "hi\n"u8) console.Out(0, value);
        Assert.Equal("hi\n"u8, told.ToArray());
    }

    [Fact]
    public void A_POST_code_counts_when_it_changes()
    {
        List<byte> told = [];
        PostPort post = new(told.Add);
        foreach (byte value in (byte[])[0, 0, 1, 1, 1, 0xff, 1]) post.Out(0, value);
        Assert.Equal([0, 1, 0xff, 1], told);
        Assert.Equal(1, post.In());
    }

    [Theory]
    [InlineData(new byte[] { 0 }, 0)]
    [InlineData(new byte[] { 0x85 }, 0x85)]
    [InlineData(new byte[] { 0x34, 0x12 }, 0x1234)]
    [InlineData(new byte[] { 0xff, 0xff, 0xff, 0xff }, -1)]
    [InlineData(new byte[] { 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff }, 1)]
    public void The_debug_exit_ends_with_what_was_written(byte[] data, int code)
    {
        List<int> told = [];
        DebugExit exit = new(told.Add);
        Assert.Equal(0, exit.In());
        Assert.Empty(told);
        exit.Write(0, data);
        exit.Write(3, data);
        Assert.Equal([code, code], told);
    }
}
