using PSToyVmm.Engine.Boot;
using PSToyVmm.Engine.Devices;
using PSToyVmm.Engine.Memory;
using PSToyVmm.Engine.Native;
using PSToyVmm.Engine.Vcpus;

namespace PSToyVmm.Engine.Machines;

/// <summary>What a machine is made of.</summary>
public sealed record MachineConfiguration
{
    /// <summary>Memory where nothing else is asked for: 256 MiB.</summary>
    public const ulong DefaultMemoryBytes = 256ul << 20;

    /// <summary>
    /// The command line where nothing else is asked for. <c>reboot=k</c>: reset by the i8042, on which <see cref="RebootAction"/>
    /// decides; <c>panic=1</c>: a kernel that panics does so too, a second later. The rest is for a quick boot, each parameter's gain
    /// in docs/boot.md: no search of the empty PCI bus, for a mouse and for three more serial ports, no setting up of the
    /// keyboard, which has only Ctrl+Alt+Del to say and says it all the same, and no self-tests of ciphers, which take more
    /// than half of the boot (with <c>fips=1</c> Linux runs them nevertheless).
    /// </summary>
    public const string DefaultCommandLine =
        "console=ttyS0 reboot=k panic=1 pci=conf1,noearly i8042.noaux i8042.dumbkbd 8250.nr_uarts=1 cryptomgr.notests";

    // What it lacks for a machine without ACPI: so the kernel does not search for it.
    const string WithoutAcpi = "acpi=off";

    /// <summary>Shown name; unique among a module's machines.</summary>
    public required string Name { get; init; }

    /// <summary>Full path of a kernel: vmlinux (ELF), bzImage, or a Multiboot or PVH kernel, recognised by its bytes.</summary>
    public required string KernelPath { get; init; }

    /// <summary>How the kernel is entered.</summary>
    public BootProtocol BootProtocol { get; init; }

    /// <summary>Who unpacks a bzImage's kernel.</summary>
    public KernelDecompression DecompressKernel { get; init; }

    /// <summary>Files for a Multiboot or PVH kernel; an initrd comes before them.</summary>
    public IReadOnlyList<BootModule> Modules { get; init; } = [];

    /// <summary>Full path of an initrd of any content; null for none.</summary>
    public string? InitrdPath { get; init; }

    /// <summary>The kernel's command line.</summary>
    public string CommandLine { get; init; } = DefaultCommandLine;

    /// <summary>Guest RAM in bytes; a multiple of 4096.</summary>
    public ulong MemoryBytes { get; init; } = DefaultMemoryBytes;

    /// <summary>vCPUs: from 1 to what the host's KVM gives a machine.</summary>
    public int ProcessorCount { get; init; } = 1;

    /// <summary>Whether the guest is described by ACPI tables. Without them there is the MP table, and no power off.</summary>
    public bool Acpi { get; init; } = true;

    /// <summary>What happens when the guest resets the machine.</summary>
    public RebootAction RebootAction { get; init; }

    /// <summary>What its memory is made of on the host.</summary>
    public MemorySource MemorySource { get; init; } = MemorySource.Default;

    /// <summary>
    /// Processors of the host that vCPU threads are held to: the first vCPU to the first of them, and round again at the
    /// end. Empty where the host decides.
    /// </summary>
    public IReadOnlyList<int> CpuAffinity { get; init; } = [];

    /// <summary>How the vCPUs sit together; null for one socket with a core for each.</summary>
    public CpuTopology? Topology { get; init; }

    /// <summary>
    /// What to change of the processor that the guest sees: one of <see cref="BuiltInCpuTemplates.Names"/>, the full path of a
    /// JSON file of Firecracker's form, read when the machine starts, or such a text itself, from its brace on; null for nothing.
    /// </summary>
    public string? CpuTemplate { get; init; }

    /// <summary>The topology that the guest sees.</summary>
    public CpuTopology EffectiveTopology => Topology ?? CpuTopology.OfCores(ProcessorCount);

    /// <summary>Whether it has a virtio device that gives random bytes of the host's.</summary>
    public bool Entropy { get; init; }

    /// <summary>Whether it has a virtio console, Linux's hvc0, besides the serial port.</summary>
    public bool VirtioConsole { get; init; }

    /// <summary>Its disks; the guest's first is /dev/vda.</summary>
    public IReadOnlyList<DiskConfiguration> Disks { get; init; } = [];

    /// <summary>Its network adapters; the guest's first is eth0.</summary>
    public IReadOnlyList<NetworkConfiguration> Networks { get; init; } = [];

    /// <summary>The command line as the kernel gets it: with the disk that has the root file system, and, where there is no ACPI to say it, the places of virtio devices.</summary>
    internal string GuestCommandLine => Boot.CommandLine.AddParameters(CommandLine,
        Boot.CommandLine.Combine(DiskConfiguration.RootParameters(Disks, CommandLine), Acpi ? "" : VirtioSlots.Parameters(this)));

    /// <summary>Full path of a file that receives everything the guest writes to its serial console; null for none.</summary>
    public string? SerialLogPath { get; init; }

    /// <summary>The same for its virtio console.</summary>
    public string? VirtioConsoleLogPath { get; init; }

    /// <summary>Whether what the guest writes to port 0xe9 goes to the machine's log, as lines of text.</summary>
    public bool DebugConsole { get; init; }

    /// <summary>Whether what the guest writes to port 0x80 goes to the machine's log.</summary>
    public bool PostPort { get; init; }

    /// <summary>The first of four ports that end the machine with an exit code; null for none.</summary>
    public ushort? DebugExitPort { get; init; }

    /// <summary>Files by the names under which QEMU's firmware configuration device has them; null for no such device.</summary>
    public IReadOnlyDictionary<string, FirmwareFile>? FirmwareConfig { get; init; }

    /// <summary>
    /// The command line of a kernel for which none is given: Linux's words, which a Multiboot kernel would not know.
    /// </summary>
    /// <exception cref="VmException">The file is no kernel, or has no such protocol.</exception>
    public static string DefaultCommandLineFor(string kernelPath, BootProtocol protocol, bool acpi = true)
    {
        using KernelImage kernel = KernelImage.Open(kernelPath, protocol);
        if (kernel.Placement.Protocol == BootProtocol.Multiboot) return "";
        return acpi ? DefaultCommandLine : $"{DefaultCommandLine} {WithoutAcpi}";
    }

    /// <summary>Checks the name, files, kernel format, processors, memory and command line; works where there is no KVM.</summary>
    /// <exception cref="VmException">With the id of what is wrong.</exception>
    public void Validate()
    {
        if (string.IsNullOrWhiteSpace(Name) || Name.Any(char.IsControl))
            throw new VmException(VmErrorId.NameInvalid, VmErrorKind.InvalidArgument, "A machine's name has to have at least one visible character and no control characters.");
        if (ProcessorCount < 1)
            throw new VmException(VmErrorId.ProcessorCountInvalid, VmErrorKind.InvalidArgument, $"A machine has at least one processor, not {ProcessorCount}.");
        HostProbe.RequireProcessors(ProcessorCount);
        if (MemoryBytes > GuestMemory.LargestSize)
            throw new VmException(VmErrorId.MemoryTooLarge, VmErrorKind.InvalidArgument,
                $"{MemoryBytes} bytes of memory is more than a guest's physical addresses reach ({GuestMemory.LargestSize} bytes).");
        if (MemoryBytes % GuestMemory.PageSize != 0)
            throw new VmException(VmErrorId.MemoryNotPageAligned, VmErrorKind.InvalidArgument,
                $"{MemoryBytes} bytes of memory is not a multiple of {GuestMemory.PageSize}; {((MemoryBytes / GuestMemory.PageSize) + 1) * GuestMemory.PageSize} would be.");
        Machines.CpuAffinity.Validate(CpuAffinity);
        MemorySource.Validate(MemoryBytes);
        EffectiveTopology.Validate(ProcessorCount);
        CpuTemplateFile.Load(CpuTemplate);
        if (DebugExitPort is { } port) CheckDebugExit(port);
        VirtioSlots.For(this);
        if (SerialLogPath is not null && SerialLogPath == VirtioConsoleLogPath)
            throw new VmException(VmErrorId.FileUnwritable, VmErrorKind.InvalidArgument, $"'{SerialLogPath}' cannot be the log of two consoles; give each a file of its own.");
        DiskConfiguration.Validate(Disks);
        NetworkConfiguration.Validate(Name, Networks);
        if (FirmwareConfig is { } files) FirmwareFile.Check(files);
        using KernelImage kernel = KernelImage.Open(KernelPath, BootProtocol);
        if (DecompressKernel == KernelDecompression.Always) kernel.UnpackAtLoad();
        BootLoader.Check(kernel, InitrdPath, Modules, GuestCommandLine, MemoryBytes);
        // Costs nothing until it is touched, and tells now what Start would have to tell. Other memory is taken by Start only.
        if (MemorySource == MemorySource.Default) using (new GuestMemory(MemoryBytes)) { }
    }

    static void CheckDebugExit(ushort port)
    {
        string? reason = port + DebugExit.PortCount > ushort.MaxValue + 1 ? "there are no ports after 0xffff"
            : MachinePorts.OwnerOf(port, DebugExit.PortCount) is { } owner ? $"{owner} has a port there" : null;
        if (reason is not null)
            throw new VmException(VmErrorId.PortUnavailable, VmErrorKind.InvalidArgument,
                $"The debug exit cannot have the {DebugExit.PortCount} ports from 0x{port:x} on: {reason}. Port 0xf4, where QEMU's users mostly have it, is free.");
    }

    static bool IsDevice(string path) => path.StartsWith("/dev/", StringComparison.Ordinal);

    /// <summary>Begins a console's file anew; null where none is asked for. It stays locked, so that no second machine writes to it.</summary>
    /// <exception cref="VmException">FileUnwritable.</exception>
    internal static Stream? OpenLog(string? path)
    {
        if (path is null) return null;
        if (Directory.Exists(path)) throw new VmException(VmErrorId.FileUnwritable, VmErrorKind.InvalidArgument, $"The serial log '{path}' is a directory; name a file in it.");
        try
        {
            if (WholeFile.IsEndless(path) && !IsDevice(path)) throw new IOException("it is a pipe or a socket, which would keep the guest's console waiting");
            FileStream log = new(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
            if (IsDevice(path)) return log; // keeps nothing that could be spoilt
            if (FileLock.TryTake(log.SafeFileHandle))
            {
                log.SetLength(0);
                return log;
            }
            log.Dispose();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException) // the last two of a NUL, a pipe
        {
            throw new VmException(VmErrorId.FileUnwritable, VmErrorKind.PermissionDenied, $"The serial log '{path}' cannot be written: {e.Message}", e);
        }
        throw new VmException(VmErrorId.FileUnwritable, VmErrorKind.AlreadyExists, $"The serial log '{path}' is another machine's, which writes to it; give this one a file of its own.");
    }
}
