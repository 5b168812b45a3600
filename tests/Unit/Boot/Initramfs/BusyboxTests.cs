using PSToyVmm.Engine;
using PSToyVmm.Engine.Boot.Initramfs;
using Xunit;

namespace PSToyVmm.Tests.Unit.Boot.Initramfs;

public sealed class BusyboxTests : IDisposable
{
    readonly TemporaryDirectory _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public void A_static_program_that_lists_nothing_gets_the_usual_applets()
    {
        File.WriteAllBytes(_host["busybox"], PortWriteProgram.Build(0x600, 0x34)); // static, and not executable here
        var builder = new InitramfsBuilder();
        builder.AddBusybox(_host["busybox"]);
        builder.AddProfile(InitramfsProfile.Login);
        builder.RequireInit();

        using var output = new MemoryStream();
        builder.WriteTo(output);
        var files = CpioReader.ByName(output.ToArray());
        Assert.All(["bin/sh", "sbin/init", "sbin/getty", "bin/login", "bin/vi"], name => Assert.Equal("/bin/busybox", files[name].Text));
        Assert.Equal("poweroff", files["sbin/reboot"].Text); // the profile's, not busybox's
    }

    [Fact]
    public void A_program_with_a_loader_is_refused_with_the_cure()
    {
        byte[] image = PortWriteProgram.Build(0x600, 0x34);
        image[64] = 3; // PT_INTERP
        File.WriteAllBytes(_host["busybox"], image);
        AssertNotStatic(_host["busybox"]);
    }

    [Theory, InlineData(0), InlineData(4), InlineData(18)] // no ELF, not 64 bits, not x86-64
    public void Something_else_is_refused(int at)
    {
        byte[] image = PortWriteProgram.Build(0x600, 0x34);
        image[at]++;
        File.WriteAllBytes(_host["busybox"], image);
        AssertNotStatic(_host["busybox"]);
    }

    [Fact]
    public void A_program_cut_off_anywhere_in_its_headers_is_refused()
    {
        byte[] image = PortWriteProgram.Build(0x600, 0x34);
        for (int length = 0; length < 120; length++)
        {
            File.WriteAllBytes(_host["busybox"], image[..length]);
            AssertNotStatic(_host["busybox"]);
        }
    }

    static void AssertNotStatic(string path)
    {
        var failure = Assert.Throws<VmException>(() => new InitramfsBuilder().AddBusybox(path));
        Assert.Equal(VmErrorId.BusyboxNotStatic, failure.Id);
        Assert.Contains("busybox-static", failure.Message, StringComparison.Ordinal);
    }
}
