using PSToyVmm.Engine;
using PSToyVmm.Engine.Consoles;
using Xunit;

namespace PSToyVmm.Tests.Unit.Consoles;

/// <summary>Files copied through real shells at real terminals, with and without base64.</summary>
public sealed class GuestFilesTests : IDisposable
{
    readonly string _directory = Directory.CreateTempSubdirectory("guest files ").FullName;
    readonly byte[] _content = new byte[100_001];

    public GuestFilesTests() => new Random(7).NextBytes(_content);

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    void With(bool base64, Action<GuestFiles> use)
    {
        string path = "";
        if (!base64) // only these programs
        {
            path = Directory.CreateDirectory(Path.Combine(_directory, "bin")).FullName;
            foreach (string program in new[] { "stty", "dd", "od", "wc", "mkdir", "dirname", "chmod", "mv", "sh" })
                File.CreateSymbolicLink(Path.Combine(path, program), "/bin/busybox");
            path = $"PATH='{path}' ";
        }
        using TerminalShell terminal = new($"{path}/bin/busybox sh -i");
        GuestShell shell = new(terminal.Log, terminal.Input) { Patience = TimeSpan.FromSeconds(30) };
        use(new(shell, TimeSpan.FromSeconds(30), default));
    }

    static UnixFileMode ModeOf(string path) => OperatingSystem.IsWindows() ? default : File.GetUnixFileMode(path);

    string At(string name) => Path.Combine(_directory, name);

    [Theory, InlineData(true), InlineData(false)]
    public void A_file_goes_there_and_comes_back(bool base64) => With(base64, files =>
    {
        List<long> progress = [];
        string target = files.Send(new MemoryStream(_content), At("new dir/it's"), "unused", "750", makeDirectories: true, replace: false, progress.Add);
        Assert.Equal(At("new dir/it's"), target);
        Assert.Equal(_content, File.ReadAllBytes(target));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute, ModeOf(target));
        Assert.Equal(_content.Length, progress[^1]);

        using MemoryStream back = new();
        files.Receive(target, back, (_, length) => Assert.Equal(_content.Length, length));
        Assert.Equal(_content, back.ToArray());
        Assert.Equal(["it's"], Directory.GetFiles(At("new dir")).Select(Path.GetFileName));
    });

    [Fact]
    public void Names_and_refusals() => With(base64: true, files =>
    {
        Assert.Equal(At("named"), files.Send(new MemoryStream([]), _directory, "named", "644", false, false, _ => { }));
        Assert.Equal(At("named2"), files.Send(new MemoryStream([1]), _directory + "/", "named2", "644", false, false, _ => { }).Replace("//", "/", StringComparison.Ordinal));
        Assert.Equal(VmErrorId.GuestFileExists, Assert.Throws<VmException>(() => files.Send(new MemoryStream([2]), At("named"), "x", "644", false, false, _ => { })).Id);
        files.Send(new MemoryStream([2]), At("named"), "x", "644", false, replace: true, _ => { });
        Assert.Equal([2], File.ReadAllBytes(At("named")));
        VmException e = Assert.Throws<VmException>(() => files.Send(new MemoryStream([2]), At("no/such/place"), "x", "644", false, false, _ => { }));
        Assert.Equal(VmErrorId.GuestFileFailed, e.Id);
        Assert.Equal(VmErrorId.GuestFileNotFound, Assert.Throws<VmException>(() => files.Receive(At("ghost"), Stream.Null, (_, _) => { })).Id);
        using MemoryStream empty = new();
        files.Send(new MemoryStream([]), At("empty"), "x", "644", false, false, _ => { });
        files.Receive(At("empty"), empty, (_, _) => { });
        Assert.Equal(0, empty.Length);
    });
}
