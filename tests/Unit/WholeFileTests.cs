using System.Diagnostics;
using System.Net.Sockets;
using PSToyVmm.Engine;
using PSToyVmm.Tests.Unit.Boot.Initramfs;
using Xunit;

namespace PSToyVmm.Tests.Unit;

public sealed class WholeFileTests : IDisposable
{
    readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_is_replaced_when_that_is_asked_for_and_the_new_one_is_whole()
    {
        string path = _folder.Write("file", "mine", UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Assert.Contains("-Force", Fails(() => WholeFile.Write(path, replace: false, Text)));
        Assert.Equal(VmErrorId.DiskFileExists, Assert.Throws<VmException>(() => WholeFile.Write(path, false, Text, VmErrorId.DiskFileExists)).Id);
        Assert.Throws<OperationCanceledException>(() => WholeFile.Write(path, replace: true, draft =>
        {
            Text(draft);
            throw new OperationCanceledException();
        }));
        Assert.Contains("is full", Fails(() => WholeFile.Write(path, replace: true, _ => throw new IOException("The disk is full."))));
        Assert.Equal("mine", File.ReadAllText(path));
        WholeFile.Write(path, replace: true, Text);
        WholeFile.Write(_folder["other"], replace: false, Text);
        Assert.Equal("text", File.ReadAllText(path));
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Assert.Equal(["file", "other"], Names());
    }

    [Fact]
    public void A_link_stays_one()
    {
        string path = _folder.Write("file", "mine");
        File.CreateSymbolicLink(_folder["link"], "file");
        File.CreateSymbolicLink(_folder["chain"], "link");
        File.CreateSymbolicLink(_folder["dangling"], "new");
        File.CreateSymbolicLink(_folder["circle"], "circle");
        Fails(() => WholeFile.Write(_folder["chain"], replace: false, Text));
        WholeFile.Write(_folder["chain"], replace: true, Text);
        WholeFile.Write(_folder["dangling"], replace: false, Text);
        Fails(() => WholeFile.Write(_folder["circle"], replace: true, Text));
        Assert.Equal("text", File.ReadAllText(path));
        Assert.Equal("text", File.ReadAllText(_folder["new"]));
        Assert.Equal("link", File.ResolveLinkTarget(_folder["chain"], returnFinalTarget: false)?.Name);
        Assert.Equal(["chain", "circle", "dangling", "file", "link", "new"], Names());
    }

    [Fact]
    public void What_is_no_file_is_not_replaced()
    {
        if (!OperatingSystem.IsLinux()) return;
        Directory.CreateDirectory(_folder["directory"]);
        Run("mkfifo", _folder["pipe"]);
        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(_folder["socket"]));
        List<string> kinds = ["directory", "pipe", "socket"];
        if (Environment.IsPrivilegedProcess && Run("mknod", _folder["device"], "c", "1", "3")) kinds.Add("device"); // that of /dev/null
        foreach (string kind in kinds)
        {
            File.CreateSymbolicLink(_folder[$"to-{kind}"], kind);
            foreach (string name in new[] { kind, $"to-{kind}" })
                Assert.Contains($"is a {kind}", Fails(() => WholeFile.Write(_folder[name], replace: true, Text)));
        }
        Assert.Equal(kinds.Count * 2, Directory.GetFileSystemEntries(_folder.Path).Length);
        if (kinds.Contains("device")) Assert.Equal("", File.ReadAllText(_folder["device"]));
    }

    [Theory]
    [InlineData("none/file")]
    [InlineData("a\0b")]
    public void A_place_that_is_none_is_an_error(string name) => Fails(() => WholeFile.Write(_folder[name], replace: true, Text));

    static void Text(string draft) => File.WriteAllText(draft, "text");

    static string Fails(Action write)
    {
        VmException e = Assert.Throws<VmException>(write);
        Assert.Equal(VmErrorId.FileUnwritable, e.Id);
        return e.Message;
    }

    string[] Names() => [.. Directory.GetFileSystemEntries(_folder.Path).Select(entry => Path.GetFileName(entry)).Order(StringComparer.Ordinal)];

    static bool Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(program, arguments);
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
