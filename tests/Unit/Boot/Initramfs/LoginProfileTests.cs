using System.Text;
using System.Text.RegularExpressions;
using PSToyVmm.Engine;
using PSToyVmm.Engine.Boot.Initramfs;
using PSToyVmm.Engine.Consoles;
using PSToyVmm.Tests.Unit.Consoles;
using Xunit;

namespace PSToyVmm.Tests.Unit.Boot.Initramfs;

public class LoginProfileTests
{
    const UnixFileMode Executable = (UnixFileMode)0b111_101_101;

    // The vector of the specification; the others were made by busybox mkpasswd -m sha512.
    [Theory]
    [InlineData("Hello world!", "saltstring", "svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1")]
    [InlineData("päss:wörd", "x", "ut8OVhEs633UUUdsi7mqzOYP.BQ.pPUe18LB6gmso4JU8y.unhv4.6S3hxiytSreFrzUgHBhovqwtdOLVcWEk/")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "aaaabbbbccccdddd", "rq6JB2odW9Qm7G2VgzMoi.DHDcqF8p8VajH/uAewNCLClIVFPGZaekFDqZ.SZADZ4LYZZS1XrdlfSb526eRIq0")]
    public void A_password_is_hashed_as_crypt_does(string password, string salt, string hash) =>
        Assert.Equal($"$6${salt}${hash}", ShaCrypt.Hash(password, salt));

    [Fact]
    public void Options_reach_their_files()
    {
        var files = Archive(builder => builder.AddProfile(InitramfsProfile.Login, new() { HostName = "web-1", RootPassword = "s3cret", Motd = "Hi" }));
        Assert.Equal(("web-1\n", "Hi\n", ""), (files["etc/hostname"].Text, files["etc/motd"].Text, files["etc/issue"].Text));
        Assert.StartsWith("root:$6$", files["etc/shadow"].Text, StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, files["etc/shadow"].Permissions);
    }

    [Fact]
    public void An_empty_password_lets_root_in_without() =>
        Assert.StartsWith("root::", Archive(b => b.AddProfile(InitramfsProfile.Login, new() { RootPassword = "" }))["etc/shadow"].Text, StringComparison.Ordinal);

    [Theory, InlineData(""), InlineData("a b"), InlineData("-a"), InlineData("höst")]
    public void A_bad_host_name_is_refused(string name) =>
        Assert.Equal(VmErrorId.NameInvalid, Assert.Throws<VmException>(() => new InitramfsBuilder().AddProfile(InitramfsProfile.Login, new() { HostName = name })).Id);

    [Fact]
    public void Scripts_end_their_lines_as_Linux_does_and_can_be_run()
    {
        var scripts = Archive(b => b.AddProfile(InitramfsProfile.Login)).Values.Where(e => e.Text.StartsWith("#!", StringComparison.Ordinal)).ToList();
        Assert.Equal(5, scripts.Count);
        Assert.All(scripts, script =>
        {
            Assert.Equal(Executable, script.Permissions);
            Assert.DoesNotContain("\r", script.Text, StringComparison.Ordinal);
            Assert.EndsWith("\n", script.Text, StringComparison.Ordinal);
        });
    }

    // busybox's shell, and one that knows nothing beyond POSIX but local.
    [Theory, InlineData("busybox sh"), InlineData("dash")]
    public void Resize_asks_the_terminal_for_its_size(string shell)
    {
        if (!TerminalShell.IsThere(shell.Split(' ')[0])) return;
        string profile = Archive(b => b.AddProfile(InitramfsProfile.Login))["etc/profile"].Text;
        using TempFile file = new(Encoding.UTF8.GetBytes(profile));
        using TerminalShell terminal = new(shell);
        TimeSpan patience = TimeSpan.FromSeconds(20);
        terminal.Input.Enqueue(Encoding.ASCII.GetBytes($". {file.Path}; export PATH=$PATH:/usr/local/bin; echo rea''dy\r"));
        Assert.Equal(ExpectOutcome.Matched, SerialExpect.Wait(terminal.Log, [new Regex("ready")], 0, patience, default, out SerialMatch? match));
        terminal.Input.Enqueue("resize; stty size\r"u8);
        Assert.Equal(ExpectOutcome.Matched, SerialExpect.Wait(terminal.Log, [new Regex(@"\x1b\[6n")], match!.End, patience, default, out match));
        terminal.Input.Enqueue("\x1b[50;150R"u8);
        Assert.Equal(ExpectOutcome.Matched, SerialExpect.Wait(terminal.Log, [new Regex("50 150")], match!.End, patience, default, out match));
        terminal.Input.Enqueue("resize; stty size\r"u8);
        Assert.Equal(ExpectOutcome.Matched, SerialExpect.Wait(terminal.Log, [new Regex("did not answer\n50 150")], match!.End, patience, default, out _));
    }

    [Fact]
    public void The_users_files_win_whatever_the_order()
    {
        var before = Archive(b => { b.AddText("/etc/motd", "mine", Executable); b.AddProfile(InitramfsProfile.Login); });
        var after = Archive(b => { b.AddProfile(InitramfsProfile.Login); b.AddText("/etc/motd", "mine", Executable); });
        Assert.Equal(("mine", "mine"), (before["etc/motd"].Text, after["etc/motd"].Text));
    }

    [Fact]
    public void A_usr_merged_directory_takes_the_profile_in_its_own_places()
    {
        var files = Archive(b => { b.AddProfile(InitramfsProfile.Login); b.AddSymlink("/sbin", "usr/sbin"); });
        Assert.Equal(('l', Executable), (files["sbin"].Kind, files["usr/sbin/poweroff"].Permissions));
    }

    [Fact]
    public void An_init_that_could_not_start_is_an_error()
    {
        AssertNoInit("no /init", b => { });
        AssertNoInit("/bin/sh", b => b.AddProfile(InitramfsProfile.Login));
        AssertNoInit("leads to none", b => b.AddSymlink("/init", "/sbin/init"));
        AssertNoInit("not an executable", b => b.AddText("/init", "", UnixFileMode.UserRead));
        AssertNoInit("/bin/sh", b => b.AddText("/init", "#! /bin/sh -e\n", Executable));
        AssertNoInit("/lib64/ld-linux", b => b.AddFile(DynamicProgram, "/init"));
        var builder = new InitramfsBuilder();
        builder.AddText("/init", "\x7f" + "ELF", Executable);
        builder.RequireInit();
    }

    [Fact]
    public void The_power_off_program_is_an_executable_that_writes_0x34_to_0x600()
    {
        byte[] image = PortWriteProgram.Build(0x600, 0x34);
        Assert.Equal(image.Length, BitConverter.ToInt64(image, 64 + 32)); // p_filesz
        Assert.Equal(0x400000 + 120, BitConverter.ToInt64(image, 24));    // e_entry, right behind the headers
        Assert.NotEqual(-1, image.AsSpan().IndexOf((ReadOnlySpan<byte>)[0x66, 0xba, 0x00, 0x06, 0xb0, 0x34, 0xee])); // mov dx, 0x600; mov al, 0x34; out dx, al
    }

    static string DynamicProgram => Environment.ProcessPath!; // dotnet's own host asks for a loader

    static Dictionary<string, CpioEntry> Archive(Action<InitramfsBuilder> add)
    {
        var builder = new InitramfsBuilder();
        add(builder);
        using var output = new MemoryStream();
        builder.WriteTo(output);
        return CpioReader.ByName(output.ToArray());
    }

    static void AssertNoInit(string says, Action<InitramfsBuilder> add)
    {
        var builder = new InitramfsBuilder();
        add(builder);
        var failure = Assert.Throws<VmException>(builder.RequireInit);
        Assert.Equal(VmErrorId.InitrdInitMissing, failure.Id);
        Assert.Contains(says, failure.Message, StringComparison.Ordinal);
    }
}
