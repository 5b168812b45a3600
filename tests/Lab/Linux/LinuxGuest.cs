using System.Text;
using System.Text.RegularExpressions;
using PSToyVmm.Engine.Boot.Initramfs;
using PSToyVmm.Engine.Boot.Initramfs.KernelModules;
using PSToyVmm.Engine.Consoles;
using PSToyVmm.Engine.Machines;
using Xunit;

namespace PSToyVmm.Tests.Linux;

/// <summary>A machine with Debian's kernel and the login profile, and a conversation at its console.</summary>
sealed class LinuxGuest : IDisposable
{
    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(90);
    static readonly Lazy<GuestFiles> s_files = new(() => new());

    long _position;

    public LinuxGuest(string commandLine = "quiet", ulong memory = 256 << 20, bool vmlinux = false, bool gzip = false, string? initrd = null,
        Func<MachineConfiguration, MachineConfiguration>? configure = null, string port = "ttyS0")
    {
        GuestFiles files = s_files.Value;
        MachineConfiguration plain = new()
        {
            Name = "linux",
            KernelPath = vmlinux ? files.Vmlinux : files.Kernel,
            InitrdPath = initrd ?? (gzip ? files.GzipInitrd : files.Initrd),
            CommandLine = $"{MachineConfiguration.DefaultCommandLine} {commandLine}",
            MemoryBytes = memory,
            RebootAction = RebootAction.Stop,
        };
        Vm = new(configure is null ? plain : configure(plain));
        Console = Vm.FindConsole(port);
        Vm.Start();
    }

    /// <summary>An initrd with Debian's driver of QEMU's firmware configuration in its root.</summary>
    public static string FirmwareInitrd => s_files.Value.FirmwareInitrd;

    /// <summary>An initrd with Debian's drivers of virtio devices, which goes over to the root disk if there is one.</summary>
    public static string DiskInitrd => s_files.Value.DiskInitrd;

    public VirtualMachine Vm { get; }

    /// <summary>Where the conversation is.</summary>
    public MachineConsole Console { get; }

    public SerialMatch Expect(string pattern)
    {
        ExpectOutcome outcome = SerialExpect.Wait(Console.Log, new Regex(pattern), _position, s_patience, CancellationToken.None, out SerialMatch? match);
        Assert.True(outcome == ExpectOutcome.Matched, $"{outcome} waiting for /{pattern}/; {Vm.State}: {Vm.Status}\n{Tail()}");
        _position = match!.End;
        return match;
    }

    public void Type(string text) => Console.Input.Enqueue(Encoding.UTF8.GetBytes(text));

    public LinuxGuest LogIn()
    {
        Expect("login: ");
        Type("root\r");
        Expect("Password: ");
        Type("root\r");
        Expect("# ");
        return this;
    }

    /// <summary>What a command of the shell prints.</summary>
    public string Run(string command)
    {
        Type($"{command}; echo \"end=$?\"\r");
        Expect("end=\\$\\?.*\n");
        string printed = Expect("end=\\d+").Before;
        Expect("# "); // what is typed before the shell asks for it is echoed twice
        return printed;
    }

    public void ExpectEnd(StopReason reason)
    {
        Assert.True(Vm.WaitFor(MachineState.Off, s_patience, CancellationToken.None), $"still {Vm.State}\n{Tail()}");
        Assert.True(reason == Vm.StopReason, $"{Vm.StopReason}: {Vm.Status}\n{Tail()}");
    }

    public void Dispose() => Vm.Dispose();

    string Tail()
    {
        byte[] buffer = new byte[4096];
        long position = Math.Max(0, Console.Log.End - buffer.Length);
        int count = Console.Log.Read(ref position, buffer);
        return Encoding.UTF8.GetString(buffer, 0, count);
    }
}

/// <summary>Kernel and initrds in memory: the lab reads the host's files slowly.</summary>
sealed class GuestFiles
{
    public GuestFiles()
    {
        string directory = Directory.CreateDirectory(Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"pstoyvmm-{Environment.ProcessId}")).FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(directory, recursive: true);
        Kernel = Path.Combine(directory, "vmlinuz");
        Vmlinux = Path.Combine(directory, "vmlinux");
        File.Copy(Host.Kernel!, Kernel);
        File.Copy(Host.Vmlinux!, Vmlinux);
        Initrd = BuildInitrd(Path.Combine(directory, "initrd"), InitramfsCompression.None);
        GzipInitrd = BuildInitrd(Path.Combine(directory, "initrd.gz"), InitramfsCompression.Gzip);
        FirmwareInitrd = BuildInitrd(Path.Combine(directory, "initrd.fw"), InitramfsCompression.None, ModuleOf("qemu_fw_cfg.ko"));
        DiskInitrd = BuildInitrd(Path.Combine(directory, "initrd.disk"), InitramfsCompression.None, modulesOf: Host.Kernel);
    }

    public string Kernel { get; }
    public string Vmlinux { get; }
    public string Initrd { get; }
    public string GzipInitrd { get; }
    public string FirmwareInitrd { get; }
    public string DiskInitrd { get; }

    // Beside the kernel, as the package has it.
    static string ModuleOf(string name) => Directory.GetFiles(Path.Combine(Path.GetDirectoryName(Host.Kernel!)!, "../lib/modules"), name, SearchOption.AllDirectories).Single();

    static string BuildInitrd(string path, InitramfsCompression compression, string? module = null, string? modulesOf = null)
    {
        string marker = path + ".mark";
        File.WriteAllBytes(marker, PortWriteProgram.Build(MachinePorts.BootMarker, 0x7b));
        InitramfsBuilder builder = new();
        builder.AddBusybox(Host.Busybox);
        builder.AddProfile(InitramfsProfile.Login);
        builder.AddFile(marker, "/sbin/mark", UnixFileMode.UserRead | UnixFileMode.UserExecute);
        if (module is not null) builder.AddFile(module, $"/{Path.GetFileName(module)}", UnixFileMode.UserRead);
        if (modulesOf is not null) builder.AddKernelModules(KernelModuleTree.Open(null, modulesOf));
        builder.WriteTo(path, compression);
        return path;
    }
}
