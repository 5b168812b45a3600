using CsCheck;
using PSToyVmm.Engine;
using PSToyVmm.Engine.Boot;
using PSToyVmm.Engine.Memory;
using Xunit;

namespace PSToyVmm.Tests.Unit.Boot;

public sealed class CommandLineTests
{
    static string Refusal(string commandLine, uint max = 2047) => Assert.Throws<VmException>(() => CommandLine.Validate(commandLine, max)).Id;

    [Theory]
    [InlineData("", "\0")]
    [InlineData("console=ttyS0 quiet", "console=ttyS0 quiet\0")]
    [InlineData("motd=Grüße", "motd=Grüße\0")]
    public void It_is_written_as_UTF8_with_its_NUL(string commandLine, string written)
    {
        using GuestMemory memory = new(Kernels.MiB);
        memory.Slice(BootLayout.CommandLine, 100).Fill(0xcc);
        CommandLine.Write(memory, commandLine, 2047);
        byte[] expected = [.. System.Text.Encoding.UTF8.GetBytes(written), 0xcc];
        Assert.True(memory.Slice(BootLayout.CommandLine, expected.Length).SequenceEqual(expected));
    }

    [Fact]
    public void Its_length_counts_in_bytes_up_to_what_the_kernel_reads()
    {
        CommandLine.Validate(new string('x', 2047), 2047);
        Assert.Equal(VmErrorId.CommandLineTooLong, Refusal(new string('x', 2048)));
        Assert.Equal(VmErrorId.CommandLineTooLong, Refusal(new string('ü', 1024)));
        CommandLine.Validate("", 0);
        Assert.Equal(VmErrorId.CommandLineTooLong, Refusal("x", 0));
    }

    [Fact]
    public void A_kernel_that_reads_more_than_there_is_room_for_gets_no_more()
    {
        CommandLine.Validate(new string('x', BootLayout.CommandLineRoom - 1), uint.MaxValue);
        Assert.Equal(VmErrorId.CommandLineTooLong, Refusal(new string('x', BootLayout.CommandLineRoom), uint.MaxValue));
    }

    [Theory]
    [InlineData("a\0b")]
    [InlineData("a\nb")]
    [InlineData("a\rb")]
    [InlineData("a\tb")]
    [InlineData("a\u007fb")]
    [InlineData("a\u0085b")]
    public void Control_characters_are_refused(string commandLine) => Assert.Equal(VmErrorId.CommandLineInvalid, Refusal(commandLine));

    [Fact]
    public void Half_of_a_surrogate_pair_is_refused() => Assert.Equal(VmErrorId.CommandLineInvalid, Refusal("a" + '\ud800'));

    [Fact]
    public void Any_string_is_written_or_refused() => Gen.String.Sample(text =>
    {
        using GuestMemory memory = new(Kernels.MiB);
        try
        {
            CommandLine.Write(memory, text, 50);
        }
        catch (VmException refusal)
        {
            Assert.Contains(refusal.Id, (string[])[VmErrorId.CommandLineInvalid, VmErrorId.CommandLineTooLong]);
            return;
        }
        Assert.Equal(System.Text.Encoding.UTF8.GetByteCount(text), memory.Slice(BootLayout.CommandLine, 51).IndexOf((byte)0));
    }, iter: 500);

    [Theory]
    [InlineData("console=ttyS0 panic=1", "panic=0", "console=ttyS0 panic=1 panic=0")]
    [InlineData("a", null, "a")]
    [InlineData("a", "  ", "a")]
    [InlineData("", "b", "b")]
    [InlineData(" a ", " b ", "a b")]
    [InlineData("", "", "")]
    public void What_is_appended_follows(string first, string? appended, string expected) => Assert.Equal(expected, CommandLine.Combine(first, appended));
}
