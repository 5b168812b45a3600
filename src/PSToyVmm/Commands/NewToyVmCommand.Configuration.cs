using PSToyVmm.Engine;
using PSToyVmm.Engine.Formats;
using PSToyVmm.Engine.Machines;
using PSToyVmm.Engine.Memory;
using PSToyVmm.Engine.Vcpus;

namespace PSToyVmm;

/// <content>The machine that the parameters describe.</content>
public sealed partial class NewToyVmCommand
{
    static readonly Dictionary<string, HugePages> s_pageSizes = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Transparent"] = Engine.Memory.HugePages.Transparent,
        ["None"] = Engine.Memory.HugePages.None,
        ["2MB"] = Engine.Memory.HugePages.TwoMebibytes,
        ["1GB"] = Engine.Memory.HugePages.OneGibibyte,
    };

    bool HasFile => ParameterSetName == FileSet;

    MachineConfiguration Configure()
    {
        if (!HasFile)
        {
            MachineConfiguration fresh = new() { Name = "", KernelPath = "" };
            return new ConfigurationFile(fresh, CommandLine, []).WithCommandLine(With(fresh), AppendCommandLine);
        }
        string path = ResolvePath(ConfigPath);
        var file = FirecrackerFile.Load(path, part => ResolveBeside(path, part));
        foreach (string warning in file.Warnings) WriteWarning(warning);
        return (file with { CommandLine = CommandLine ?? file.CommandLine }).WithCommandLine(With(file.Configuration), AppendCommandLine);
    }

    // Beside a file only what was given counts, from $PSDefaultParameterValues too; otherwise the defaults as well.
    bool Says(string parameter) => !HasFile || MyInvocation.BoundParameters.ContainsKey(parameter);

    MachineConfiguration With(MachineConfiguration basis)
    {
        if (!Says(nameof(ProcessorCount))) ProcessorCount = basis.ProcessorCount;
        if (!Says(nameof(Topology))) Topology = $"{basis.Topology}";
        var (topology, processors) = Processors();
        return basis with
        {
            Name = Says(nameof(Name)) ? Name ?? "" : basis.Name,
            KernelPath = Says(nameof(Kernel)) ? ResolvePath(Kernel) : basis.KernelPath,
            InitrdPath = Says(nameof(Initrd)) && !IsConfigItself ? ResolveOptionalPath(Initrd) : basis.InitrdPath,
            BootProtocol = BootProtocol,
            DecompressKernel = DecompressKernel,
            Modules = [.. Module.Select(ResolveModule)],
            ProcessorCount = processors,
            CpuAffinity = CpuAffinity ?? [],
            MemorySource = new(MemoryBacking, Says(nameof(HugePages)) ? s_pageSizes[HugePages] : basis.MemorySource.HugePages, ResolveOptionalPath(MemoryPath)),
            Acpi = Says(nameof(Acpi)) ? Acpi : basis.Acpi,
            RebootAction = RebootAction,
            MemoryBytes = Says(nameof(Memory)) ? MemorySize(Memory) : basis.MemoryBytes,
            Topology = topology,
            CpuTemplate = Says(nameof(CpuTemplate)) ? ResolveTemplate(CpuTemplate) : basis.CpuTemplate,
            Entropy = Says(nameof(Entropy)) ? Entropy : basis.Entropy,
            VirtioConsole = VirtioConsole || !string.IsNullOrEmpty(VirtioConsoleLog),
            Disks = Says(nameof(Disk)) ? [.. Disk.Select(disk => disk with { Path = ResolvePath(disk.Path) })] : basis.Disks,
            Networks = Says(nameof(Network)) ? Network ?? [] : basis.Networks,
            SerialLogPath = ResolveOptionalPath(SerialLog),
            VirtioConsoleLogPath = ResolveOptionalPath(VirtioConsoleLog),
            DebugConsole = DebugConsole,
            PostPort = PostPort,
            DebugExitPort = DebugExitPort,
            FirmwareConfig = FirmwareConfig is null ? null : FirmwareFiles.From(FirmwareConfig, ResolvePath),
        };
    }

    // A file in the pipeline, as -ConfigPath { $_ } has it, comes as the initrd too.
    bool IsConfigItself => HasFile && Initrd == ConfigPath;

    // A name, a template itself (that of a machine which is copied, perhaps), or a file.
    string? ResolveTemplate(string template) =>
        BuiltInCpuTemplates.IsName(template) || template is ['{', ..] ? template : ResolveOptionalPath(template);

    // Firecracker and ToyVMM take a relative path from where they are started. Who has the file with all that belongs to it in
    // one folder, and is elsewhere, means that folder.
    string ResolveBeside(string file, string path)
    {
        string here = ResolvePath(path), beside = Path.GetFullPath(path, Path.GetDirectoryName(file)!);
        if (File.Exists(here) || here == beside || !File.Exists(beside)) return here;
        WriteVerbose($"There is no '{here}'; '{beside}', beside the configuration, is taken.");
        return beside;
    }

    // A copy of a machine has its topology and its number of vCPUs; where one of them is given anew, the other gives way.
    (CpuTopology? Topology, int Processors) Processors()
    {
        var topology = string.IsNullOrEmpty(Topology) ? null : CpuTopology.Parse(Topology);
        if (topology is null || topology.ProcessorCount == ProcessorCount) return (topology, ProcessorCount);
        if (_processorsGiven && !_topologyGiven) return (null, ProcessorCount);
        bool isCounted = MyInvocation.BoundParameters.ContainsKey(nameof(ProcessorCount)) && _processorsGiven == _topologyGiven;
        return (topology, isCounted ? ProcessorCount : topology.ProcessorCount);
    }

    // What follows the first space is for the kernel, as in GRUB and QEMU, unless a file has just that name.
    BootModule ResolveModule(BootModule module)
    {
        int space = module.Path.IndexOf(' ', StringComparison.Ordinal);
        return module.Arguments.Length > 0 || space <= 0 || IsFile(module.Path) ? module with { Path = ResolvePath(module.Path) }
            : new(ResolvePath(module.Path[..space]), module.Path[(space + 1)..].Trim());
    }

    bool IsFile(string path)
    {
        try
        {
            return File.Exists(ResolvePath(path));
        }
        catch (VmException)
        {
            return false;    // arguments with a colon make a drive of what is before it
        }
    }

    string? ResolveOptionalPath(string path) => string.IsNullOrEmpty(path) ? null : ResolvePath(path);
}
