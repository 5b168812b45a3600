using System.Diagnostics;
using System.IO.Compression;
using System.Net.Sockets;
using CsCheck;
using PSToyVmm.Engine;
using PSToyVmm.Engine.Boot.Initramfs;
using Xunit;

namespace PSToyVmm.Tests.Unit.Boot.Initramfs;

public sealed class InitramfsBuilderTests : IDisposable
{
    const UnixFileMode Plain = (UnixFileMode)0b110_100_100, Executable = (UnixFileMode)0b111_101_101;

    readonly TemporaryDirectory _host = new();
    readonly InitramfsBuilder _builder = new() { Modified = 0 };

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Parents_are_added_before_their_files_and_names_are_put_in_order()
    {
        _builder.AddText("//usr/./local/../share//doc", "text", Plain);
        Assert.Equal(["d .", "d usr", "d usr/share", "- usr/share/doc"], CpioReader.Read(Bytes()).Select(e => $"{e.Kind} {e.Name}"));
    }

    [Fact]
    public void The_last_file_wins_and_directories_merge()
    {
        _host.Write("a/etc/one", "1");
        _host.Write("b/etc/two", "2");
        _host.Write("b/etc/one", "overridden", Executable);
        _builder.AddDirectory(_host["a"]);
        _builder.AddDirectory(_host["b"]);

        var entries = CpioReader.ByName(Bytes());
        Assert.Equal(("overridden", Executable, "2"), (entries["etc/one"].Text, entries["etc/one"].Permissions, entries["etc/two"].Text));
    }

    [Fact]
    public void A_path_through_a_link_ends_where_the_guest_would_find_it()
    {
        _builder.AddSymlink("/bin", "usr/bin");
        _builder.AddSymlink("/usr/bin", "/opt/../opt/tools");
        _builder.AddText("/bin/tool", "text", Executable);
        Assert.Equal(["bin", "opt", "opt/tools", "opt/tools/tool", "usr", "usr/bin"], Names());
    }

    [Fact]
    public void A_circle_of_links_is_refused()
    {
        _builder.AddSymlink("/a", "b");
        _builder.AddSymlink("/b", "a");
        AssertFails(VmErrorId.InitrdSourceInvalid, () => _builder.AddText("/a/file", "", Plain));
    }

    [Fact]
    public void Nothing_can_be_in_a_file_or_replace_a_full_directory()
    {
        _builder.AddText("/etc/passwd", "", Plain);
        AssertFails(VmErrorId.InitrdSourceInvalid, () => _builder.AddText("/etc/passwd/root", "", Plain));
        AssertFails(VmErrorId.InitrdSourceInvalid, () => _builder.AddSymlink("/etc", "usr/etc"));
        AssertFails(VmErrorId.InitrdSourceInvalid, () => _builder.AddText("/..", "", Plain));
    }

    [Fact]
    public void Modes_and_links_of_the_host_are_kept()
    {
        if (OperatingSystem.IsWindows()) return;
        _host.Write("suid", "", Executable | UnixFileMode.SetUser);
        _host.Write("secret/key", "k", UnixFileMode.UserRead);
        File.SetUnixFileMode(_host["secret"], UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.StickyBit);
        File.CreateSymbolicLink(_host["dangling"], "/no/such");
        Directory.CreateSymbolicLink(_host["circle"], ".");
        _builder.AddDirectory(_host.Path, "/at");

        var entries = CpioReader.ByName(Bytes());
        Assert.Equal(Executable | UnixFileMode.SetUser, entries["at/suid"].Permissions);
        Assert.Equal(UnixFileMode.UserRead, entries["at/secret/key"].Permissions);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.StickyBit, entries["at/secret"].Permissions);
        Assert.Equal(("l/no/such", "l."), (entries["at/dangling"].Kind + entries["at/dangling"].Text, entries["at/circle"].Kind + entries["at/circle"].Text));
        File.SetUnixFileMode(_host["secret"], Executable);
    }

    [Fact]
    public void A_pipe_is_kept_unopened_and_a_socket_left_out_with_a_warning()
    {
        if (!OperatingSystem.IsLinux()) return;
        Process.Start("mkfifo", [_host["pipe"]])!.WaitForExit();
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(_host["socket"]));
        _host.Write("empty", "");

        var warnings = new List<string>();
        var builder = new InitramfsBuilder(warnings.Add);
        builder.AddDirectory(_host.Path);
        builder.AddFile("/dev/null", "/dev/null");

        var entries = CpioReader.ByName(Bytes(builder));
        Assert.Equal("- empty, c null 1:3, p pipe", $"{entries["empty"].Kind} empty, {entries["dev/null"].Kind} null {entries["dev/null"].Major}:{entries["dev/null"].Minor}, {entries["pipe"].Kind} pipe");
        Assert.Equal($"'{_host["socket"]}' is a socket and was left out", Assert.Single(warnings));
        AssertFails(VmErrorId.InitrdSourceInvalid, () => builder.AddFile(_host["socket"], "/socket"));
    }

    [Fact]
    public void A_single_file_is_followed_to_its_content_and_may_get_another_mode()
    {
        _host.Write("v1", "content");
        File.CreateSymbolicLink(_host["current"], "v1");
        _builder.AddFile(_host["current"], "/bin/tool", Executable);
        Assert.Equal(("content", Executable), (CpioReader.ByName(Bytes())["bin/tool"].Text, CpioReader.ByName(Bytes())["bin/tool"].Permissions));
    }

    [Fact]
    public void What_cannot_be_read_is_named()
    {
        AssertFails(VmErrorId.FileNotFound, () => _builder.AddFile(_host["none"], "/x"), "none");
        AssertFails(VmErrorId.FileNotFound, () => _builder.AddDirectory(_host["none"]), "none");
        AssertFails(VmErrorId.PathIsDirectory, () => _builder.AddFile(_host.Path, "/x"), _host.Path);
        AssertFails(VmErrorId.InitrdSourceInvalid, () => _builder.AddDirectory(_host.Write("file", "")), "file");

        _builder.AddFile(_host.Write("brief", "x"), "/brief");
        File.Delete(_host["brief"]);
        AssertFails(VmErrorId.FileNotFound, () => Bytes(), "brief");
    }

    [Fact]
    public void Equal_input_gives_equal_bytes()
    {
        byte[] Build()
        {
            var builder = new InitramfsBuilder { Modified = 7 };
            builder.AddDirectory(Repository.PathOf("src/PSToyVmm.Engine/Boot/Initramfs"));
            builder.AddProfile(InitramfsProfile.Login);
            return Bytes(builder);
        }
        Assert.Equal(Build(), Build());
    }

    [Fact]
    public void Any_tree_comes_back_with_every_directory_before_its_files() =>
        Gen.String[Gen.Char["ab-"], 1, 3].Array[1, 4].Array[0, 20].Sample(paths =>
        {
            var builder = new InitramfsBuilder();
            var files = new HashSet<string>();
            foreach (string path in paths.Select(parts => string.Join('/', parts)))
            {
                try { builder.AddText(path, path, Plain); files.Add(path); }
                catch (VmException e) when (e.Id == VmErrorId.InitrdSourceInvalid) { } // under a file, or over a directory
            }
            var seen = new HashSet<string> { "" };
            foreach (var entry in CpioReader.Read(Bytes(builder)))
            {
                Assert.Contains(entry.Name.Contains('/') ? entry.Name[..entry.Name.LastIndexOf('/')] : "", seen);
                Assert.True(seen.Add(entry.Name));
                if (entry.Kind == '-') Assert.Equal(entry.Name, entry.Text);
            }
            Assert.Superset(files, seen);
        });

    [Fact]
    public void A_file_appears_whole_or_not_at_all()
    {
        string target = _host["out/initrd"];
        Directory.CreateDirectory(_host["out"]);
        _builder.AddText("/init", "#!/bin/sh", Executable);
        _builder.WriteTo(target, InitramfsCompression.Gzip);
        byte[] first = File.ReadAllBytes(target);

        AssertFails(VmErrorId.FileUnwritable, () => _builder.WriteTo(target, InitramfsCompression.None), "already");
        AssertFails(VmErrorId.PathIsDirectory, () => _builder.WriteTo(_host["out"], InitramfsCompression.None));
        AssertFails(VmErrorId.FileUnwritable, () => _builder.WriteTo(_host["none/initrd"], InitramfsCompression.None));
        if (OperatingSystem.IsLinux()) AssertFails(VmErrorId.FileUnwritable, () => _builder.WriteTo("/proc/initrd", InitramfsCompression.None));
        _builder.AddFile(_host.Write("brief", "x"), "/brief");
        File.Delete(_host["brief"]);
        AssertFails(VmErrorId.FileNotFound, () => _builder.WriteTo(target, InitramfsCompression.None, overwrite: true));
        Assert.Throws<OperationCanceledException>(() => _builder.WriteTo(target, InitramfsCompression.None, overwrite: true, new(canceled: true)));

        Assert.Equal(first, File.ReadAllBytes(target));
        Assert.Equal([target], Directory.GetFiles(_host["out"]));
        using var plain = new MemoryStream();
        using (var unpacked = new GZipStream(new MemoryStream(first), CompressionMode.Decompress)) unpacked.CopyTo(plain);
        Assert.Equal([".", "init"], CpioReader.Read(plain.ToArray()).Select(e => e.Name));
    }

    [Fact]
    public void An_archive_does_not_swallow_its_predecessor()
    {
        _host.Write("init", "");
        for (int round = 0; round < 2; round++)
        {
            var builder = new InitramfsBuilder();
            builder.AddDirectory(_host.Path);
            builder.WriteTo(_host["initrd"], InitramfsCompression.None, overwrite: true);
        }
        Assert.Equal([".", "init"], CpioReader.Read(File.ReadAllBytes(_host["initrd"])).Select(e => e.Name));
    }

    [Fact]
    public void Cpio_itself_agrees()
    {
        if (!File.Exists("/usr/bin/cpio")) return; // a bonus where it is installed; CpioReader is the judge
        _builder.AddProfile(InitramfsProfile.Login);
        _builder.WriteTo(_host["initrd"], InitramfsCompression.None);
        using var cpio = Process.Start(new ProcessStartInfo("/usr/bin/cpio", ["-t", "--quiet", "-F", _host["initrd"]]) { RedirectStandardOutput = true })!;
        string[] listed = cpio.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        cpio.WaitForExit();
        Assert.Equal(0, cpio.ExitCode);
        Assert.Equal([".", .. Names()], listed);
    }

    IEnumerable<string> Names() => CpioReader.Read(Bytes()).Select(e => e.Name).Where(name => name != ".");

    byte[] Bytes(InitramfsBuilder? builder = null)
    {
        using var output = new MemoryStream();
        (builder ?? _builder).WriteTo(output);
        return output.ToArray();
    }

    static void AssertFails(string id, Action act, string says = "")
    {
        var failure = Assert.Throws<VmException>(act);
        Assert.Equal(id, failure.Id);
        Assert.Contains(says, failure.Message, StringComparison.Ordinal);
    }
}
