using System.Collections;
using System.Management.Automation;
using PSToyVmm.Engine;
using PSToyVmm.Engine.Boot.Initramfs;
using PSToyVmm.Engine.Boot.Initramfs.KernelModules;

namespace PSToyVmm;

/// <summary>Builds an initramfs from directories, files and a busybox, with a system to log in to or an init of one's own.</summary>
[Cmdlet(VerbsCommon.New, "ToyVmInitrd", SupportsShouldProcess = true, DefaultParameterSetName = "Profile"), OutputType(typeof(FileInfo))]
public sealed class NewToyVmInitrdCommand : VmCmdlet
{
    /// <summary>The file to write.</summary>
    [Alias("LiteralPath"), Parameter(Mandatory = true, Position = 0), PathArgument, ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>Directories whose content goes into the root of the guest; of two files in one place the last wins.</summary>
    [Parameter(Position = 1), ValidateNotNullOrEmpty]
    public string[] Directory { get; set; } = [];

    /// <summary>Single files: <c>@{ '/path/in/the/guest' = 'path on this host' }</c>.</summary>
    [Parameter, ValidateNotNull]
    public IDictionary File { get; set; } = new Hashtable();

    /// <summary>A static x86-64 busybox; by default the one of this host.</summary>
    [Parameter, ValidateNotNullOrEmpty]
    public string? Busybox { get; set; }

    /// <summary>Leaves busybox out.</summary>
    [Parameter]
    public SwitchParameter NoBusybox { get; set; }

    /// <summary>Modules of the kernel to load at the start, with what they need; patterns too. By default those for virtio devices and ext4.</summary>
    [Parameter, ValidateNotNullOrEmpty]
    public string[]? KernelModules { get; set; }

    /// <summary>The kernel that the modules are for.</summary>
    [Parameter, PathArgument, ValidateNotNullOrEmpty]
    public string? Kernel { get; set; }

    /// <summary>Where the modules are: /lib/modules/RELEASE, or the root above it; by default near the kernel, then on this host.</summary>
    [Parameter, PathArgument, ValidateNotNullOrEmpty]
    public string? ModuleTree { get; set; }

    /// <summary>Login (default): a login prompt on ttyS0. None: the files given bring their own /init.</summary>
    [Parameter(ParameterSetName = "Profile")]
    public InitramfsProfile Profile { get; set; } = InitramfsProfile.Login;

    /// <summary>The guest's host name; by default toyvm.</summary>
    [Parameter(ParameterSetName = "Profile"), ValidateNotNullOrEmpty]
    public string HostName { get; set; } = new InitramfsLogin().HostName;

    /// <summary>The password of root; by default root. An empty one lets root in without.</summary>
    [Parameter(ParameterSetName = "Profile"), AllowEmptyString]
    public string RootPassword { get; set; } = new InitramfsLogin().RootPassword;

    /// <summary>What a user reads after logging in.</summary>
    [Parameter(ParameterSetName = "Profile"), AllowEmptyString]
    public string Motd { get; set; } = new InitramfsLogin().Motd;

    /// <summary>Becomes /init: the path of a program or script, or the text of a script, which starts with #!.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Init"), ValidateNotNullOrEmpty]
    public string Init { get; set; } = "";

    /// <summary>Shell commands to run on ttyS0; when they end, the machine is powered off.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Command"), ValidateNotNullOrEmpty]
    public string Command { get; set; } = "";

    /// <summary>None (default) boots fastest; Gzip halves the file.</summary>
    [Parameter]
    public InitramfsCompression Compression { get; set; } = InitramfsCompression.None;

    /// <summary>Replaces a file that exists.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing() => ForOne(Path, () =>
    {
        string path = ResolvePath(Path);
        if (!ShouldProcess(path, "Create initrd")) return;
        Gather().WriteTo(path, Compression, Force, StopToken);
        WriteObject(InvokeProvider.Item.Get([path], force: false, literalPath: true), enumerateCollection: true);
    });

    InitramfsBuilder Gather()
    {
        var builder = new InitramfsBuilder(WriteWarning);
        foreach (string directory in Directory) builder.AddDirectory(ResolvePath(directory));
        foreach (DictionaryEntry file in File) builder.AddFile(ResolvePath($"{file.Value}"), $"{file.Key}");

        if (!NoBusybox) builder.AddBusybox(Busybox is null ? null : ResolvePath(Busybox));
        if (ParameterSetName == "Command") builder.AddCommand(Command);
        else if (ParameterSetName == "Init") AddInit(builder);
        else builder.AddProfile(Profile, new InitramfsLogin { HostName = HostName, RootPassword = RootPassword, Motd = Motd });

        if (KernelModules is not null || Kernel is not null || ModuleTree is not null)
            builder.AddKernelModules(KernelModuleTree.Open(ResolveIfGiven(ModuleTree), ResolveIfGiven(Kernel)), KernelModules);
        builder.RequireInit();
        return builder;
    }

    string? ResolveIfGiven(string? path) => path is null ? null : ResolvePath(path);

    void AddInit(InitramfsBuilder builder)
    {
        const UnixFileMode Executable = (UnixFileMode)0b111_101_101;
        if (Init.StartsWith("#!", StringComparison.Ordinal)) builder.AddText("/init", Init.ReplaceLineEndings("\n") + '\n', Executable);
        else builder.AddFile(ResolvePath(Init), "/init", Executable);
    }
}
