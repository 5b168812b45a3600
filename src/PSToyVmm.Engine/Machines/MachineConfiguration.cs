using PSToyVmm.Engine.Boot;
using PSToyVmm.Engine.Memory;

namespace PSToyVmm.Engine.Machines;

/// <summary>What a machine is made of.</summary>
public sealed record MachineConfiguration
{
    /// <summary>Memory where nothing else is asked for: 256 MiB.</summary>
    public const ulong DefaultMemoryBytes = 256ul << 20;

    /// <summary>
    /// The command line where nothing else is asked for. <c>reboot=k</c>: reset by the i8042, which ends the machine;
    /// <c>panic=1</c>: a kernel that panics does so too, a second later. The rest is for a quick boot, each parameter's gain
    /// in docs/boot.md: no search of the empty PCI bus, for a mouse and for three more serial ports, no setting up of the
    /// keyboard, which has only Ctrl+Alt+Del to say and says it all the same, and no self-tests of ciphers, which take more
    /// than half of the boot (with <c>fips=1</c> Linux runs them nevertheless).
    /// </summary>
    public const string DefaultCommandLine =
        "console=ttyS0 reboot=k panic=1 pci=conf1,noearly i8042.noaux i8042.dumbkbd 8250.nr_uarts=1 cryptomgr.notests";

    /// <summary>Shown name; unique among a module's machines.</summary>
    public required string Name { get; init; }

    /// <summary>Full path of a kernel: vmlinux (ELF) or bzImage, recognised by its bytes.</summary>
    public required string KernelPath { get; init; }

    /// <summary>Full path of an initrd of any content; null for none.</summary>
    public string? InitrdPath { get; init; }

    /// <summary>The kernel's command line.</summary>
    public string CommandLine { get; init; } = DefaultCommandLine;

    /// <summary>Guest RAM in bytes; a multiple of 4096.</summary>
    public ulong MemoryBytes { get; init; } = DefaultMemoryBytes;

    /// <summary>What <see cref="DefaultCommandLine"/> lacks for a machine without ACPI: so the kernel does not search for it.</summary>
    public const string WithoutAcpi = "acpi=off";

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

    /// <summary>Full path of a file that receives everything the guest writes to its serial console; null for none.</summary>
    public string? SerialLogPath { get; init; }

    /// <summary>Checks the name, files, kernel format, processors, memory and command line; works where there is no KVM.</summary>
    /// <exception cref="VmException">With the id of what is wrong.</exception>
    public void Validate()
    {
        if (string.IsNullOrWhiteSpace(Name) || Name.Any(char.IsControl))
            throw new VmException(VmErrorId.NameInvalid, VmErrorKind.InvalidArgument, "A machine's name has to have at least one visible character and no control characters.");
        if (ProcessorCount < 1)
            throw new VmException(VmErrorId.ProcessorCountInvalid, VmErrorKind.InvalidArgument, $"A machine has at least one processor, not {ProcessorCount}.");
        HostProbe.RequireProcessors(ProcessorCount);
        if (MemoryBytes % GuestMemory.PageSize != 0)
            throw new VmException(VmErrorId.MemoryNotPageAligned, VmErrorKind.InvalidArgument,
                $"{MemoryBytes} bytes of memory is not a multiple of {GuestMemory.PageSize}; {MemoryBytes / GuestMemory.PageSize * GuestMemory.PageSize} or {((MemoryBytes / GuestMemory.PageSize) + 1) * GuestMemory.PageSize} would be.");
        if (MemoryBytes > GuestMemory.LargestSize)
            throw new VmException(VmErrorId.MemoryTooLarge, VmErrorKind.InvalidArgument,
                $"{MemoryBytes} bytes of memory is more than a guest's physical addresses reach ({GuestMemory.LargestSize} bytes).");
        Machines.CpuAffinity.Validate(CpuAffinity);
        MemorySource.Validate(MemoryBytes);
        BootLoader.Check(KernelPath, InitrdPath, CommandLine, MemoryBytes);
        // Costs nothing until it is touched, and tells now what Start would have to tell. Other memory is taken by Start only.
        if (MemorySource == MemorySource.Default) using (new GuestMemory(MemoryBytes)) { }
    }

    /// <summary>Opens the serial log anew; null where none is asked for.</summary>
    /// <exception cref="VmException">FileUnwritable.</exception>
    internal Stream? OpenSerialLog()
    {
        if (SerialLogPath is null) return null;
        try
        {
            return new FileStream(SerialLogPath, FileMode.Create, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new VmException(VmErrorId.FileUnwritable, VmErrorKind.PermissionDenied, $"The serial log '{SerialLogPath}' cannot be written: {e.Message}", e);
        }
    }
}
