using System.Globalization;
using System.IO.Compression;
using System.Text;
using PSToyVmm.Engine.Boot.Initramfs.KernelModules;

namespace PSToyVmm.Engine.Boot.Initramfs;

/// <summary>
/// Gathers files for an initramfs and writes it. What the caller adds wins, the later over the earlier; a profile and
/// busybox fill in what is missing, whenever they are added.
/// </summary>
/// <param name="warn">Is told about what was left out.</param>
public sealed class InitramfsBuilder(Action<string>? warn = null)
{
    readonly InitramfsTree _tree = new();
    readonly List<(string Path, InitramfsNode Node)> _profile = [], _busybox = [];

    int _written;

    /// <summary>How many entries the archive will have.</summary>
    public int Entries => _tree.Nodes.Count();

    /// <summary>How many of them have been written. May be read by any thread.</summary>
    public int Written => Volatile.Read(ref _written);

    /// <summary>The time stamp of every entry: SOURCE_DATE_EPOCH if it is set, else 1970, so that equal input gives equal bytes.</summary>
    public uint Modified { get; init; } =
        uint.TryParse(Environment.GetEnvironmentVariable("SOURCE_DATE_EPOCH"), CultureInfo.InvariantCulture, out uint seconds) ? seconds : 0;

    /// <summary>Adds what is in a directory of the host, with its permissions; symbolic links stay links, even dangling ones.</summary>
    public void AddDirectory(string hostPath, string guestPath = "/")
    {
        if (File.Exists(hostPath)) throw Invalid($"'{hostPath}' is a file where a directory is needed");
        _tree.AddMissing(guestPath, new DirectoryNode(Mode.Executable));
        AddDirectory(new DirectoryInfo(hostPath), guestPath);
    }

    /// <summary>Adds one file of the host, or what a symbolic link there leads to.</summary>
    public void AddFile(string hostPath, string guestPath, UnixFileMode? mode = null)
    {
        if (Directory.Exists(hostPath))
            throw new VmException(VmErrorId.PathIsDirectory, VmErrorKind.InvalidArgument, $"'{hostPath}' is a directory where a file is needed.");
        var node = HostFile.Describe(HostFile.Follow(hostPath)) ?? throw Invalid($"'{hostPath}' is a socket, which cannot be in an initrd.");
        if (node is FileNode file)
        {
            file.Open().Dispose(); // better to fail now than half-way through the archive
            if (mode is { } wanted) node = file with { Mode = wanted };
        }
        _tree.Add(guestPath, node);
    }

    /// <summary>Adds a file with the text given.</summary>
    public void AddText(string guestPath, string content, UnixFileMode mode) =>
        _tree.Add(guestPath, new BytesNode(mode, Encoding.UTF8.GetBytes(content)));

    /// <summary>Adds a symbolic link.</summary>
    public void AddSymlink(string guestPath, string target) => _tree.Add(guestPath, new SymlinkNode(target));

    /// <summary>Adds a device node.</summary>
    public void AddDevice(string guestPath, DeviceKind kind, uint major, uint minor, UnixFileMode mode) =>
        _tree.Add(guestPath, new DeviceNode(mode, kind, major, minor));

    /// <summary>Adds /bin/busybox and a link for each of its applets; without a path, the static busybox of this host.</summary>
    public void AddBusybox(string? hostPath = null)
    {
        string busybox = Busybox.Locate(hostPath);
        _busybox.Add(("/bin/busybox", new HostFileNode(Mode.Executable, busybox)));
        _busybox.AddRange(Busybox.Applets(busybox).Select(applet => (applet, (InitramfsNode)new SymlinkNode("/bin/busybox"))));
    }

    /// <summary>Adds the files of a profile; <paramref name="login"/> is for <see cref="InitramfsProfile.Login"/>.</summary>
    public void AddProfile(InitramfsProfile profile, InitramfsLogin? login = null)
    {
        if (profile == InitramfsProfile.None) return;
        login ??= new InitramfsLogin();
        login.Validate();
        _profile.AddRange(LoginProfile.Login(login));
    }

    /// <summary>Adds an init that runs shell commands on ttyS0 and then powers the machine off.</summary>
    public void AddCommand(string command) => _profile.AddRange(LoginProfile.Command(command));

    /// <summary>Adds kernel modules with all that they need, and /etc/init.d/modules, which loads them and which a profile runs at its start.</summary>
    /// <param name="tree">The modules of the guest's kernel.</param>
    /// <param name="names">Of modules; null for <see cref="KernelModuleTree.Usual"/>.</param>
    public void AddKernelModules(KernelModuleTree tree, IReadOnlyCollection<string>? names = null)
    {
        ArgumentNullException.ThrowIfNull(tree);
        List<string> places = [];
        foreach (KernelModule module in tree.Resolve(names))
        {
            places.Add($"/lib/modules/{module.Info.Release}/{module.Place}");
            _profile.Add((places[^1], new BytesNode(Mode.Plain, module.Content)));
        }
        _profile.AddRange(LoginProfile.Modules(places));
    }

    /// <summary>Checks that the kernel will find something to start: an executable /init, directly or through links.</summary>
    public void RequireInit()
    {
        Complete();
        if (_tree.Find("/init") is not FileNode { IsExecutable: true } init)
            throw new VmException(VmErrorId.InitrdInitMissing, VmErrorKind.InvalidData, _tree.Contains("/init")
                ? "/init is not an executable file, or leads to none in this initrd: leave busybox in, or mend the link or its mode."
                : "There is no /init to start: choose the profile Login, or give an init of your own.");

        using var program = init.Open();
        if (Executable.Read(program).Interpreter is { } needed && _tree.Find(needed) is not FileNode { IsExecutable: true })
            throw new VmException(VmErrorId.InitrdInitMissing, VmErrorKind.InvalidData,
                $"/init needs {needed}, which is not in this initrd: add it, leave busybox in for a shell, or link the program statically.");
    }

    /// <summary>Writes the archive, uncompressed.</summary>
    public void WriteTo(Stream output, CancellationToken stop = default) => Write(output, itself: null, stop);

    /// <summary>Writes the archive to a file, which appears only when it is complete.</summary>
    public void WriteTo(string path, InitramfsCompression compression, bool overwrite = false, CancellationToken stop = default)
    {
        path = Path.GetFullPath(path);
        if (Directory.Exists(path))
            throw new VmException(VmErrorId.PathIsDirectory, VmErrorKind.InvalidArgument, $"'{path}' is a directory; give the name of a file.");
        if (!Directory.Exists(Path.GetDirectoryName(path)))
            throw new VmException(VmErrorId.FileUnwritable, VmErrorKind.NotFound, $"'{path}' cannot be written: its directory does not exist.");
        string target = WholeFile.Check(path, overwrite);
        WholeFile.Write(path, overwrite, draft =>
        {
            using var file = new FileStream(draft, FileMode.Open, FileAccess.Write);
            using Stream output = compression == InitramfsCompression.Gzip ? new GZipStream(file, CompressionLevel.SmallestSize) : file;
            Write(output, itself: target, stop);
        });
    }

    void Write(Stream output, string? itself, CancellationToken stop)
    {
        Complete();
        var cpio = new CpioWriter(output, Modified);
        cpio.AddDirectory(".", Mode.Executable); // otherwise anybody may write to the root of the guest
        foreach (var (name, node) in _tree.Nodes)
        {
            stop.ThrowIfCancellationRequested();
            if (node is HostFileNode file && file.HostPath == itself) continue; // an older archive that lies in the directory given
            node.Write(cpio, name);
            Volatile.Write(ref _written, _written + 1);
        }
        cpio.Finish();
    }

    void Complete()
    {
        foreach (var (path, node) in _profile.Concat(_busybox)) _tree.AddMissing(path, node);
    }

    void AddDirectory(DirectoryInfo directory, string guestPath)
    {
        foreach (var entry in HostFile.List(directory))
        {
            string place = $"{guestPath}/{entry.Name}";
            if (HostFile.Describe(entry) is { } node) _tree.Add(place, node);
            else warn?.Invoke($"'{entry.FullName}' is a socket and was left out");
            if (entry is DirectoryInfo { LinkTarget: null } inner) AddDirectory(inner, place);
        }
    }

    static VmException Invalid(string message) => new(VmErrorId.InitrdSourceInvalid, VmErrorKind.InvalidData, message);
}
