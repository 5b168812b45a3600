using PSToyVmm.Engine.Boot.Multiboot;
using PSToyVmm.Engine.Boot.Pvh;
using PSToyVmm.Engine.Memory;

namespace PSToyVmm.Engine.Boot;

/// <summary>From files and a command line to a guest whose first vCPU can enter its kernel.</summary>
public static class BootLoader
{
    /// <summary>All that <see cref="Load"/> would refuse, found without a guest: no KVM, no guest memory, headers read only.</summary>
    /// <exception cref="VmException">With the id of what is wrong.</exception>
    public static void Check(KernelImage kernel, string? initrdPath, IReadOnlyList<BootModule> modules, string commandLine, ulong memoryBytes)
    {
        kernel.RequireMemory(memoryBytes);
        CommandLine.Validate(kernel.Placement.CommandLine(commandLine), kernel.Placement.CommandLineMax);
        if (kernel.Placement.Protocol == BootProtocol.Linux && initrdPath is not null) Initrd.Check(initrdPath, kernel.Placement, memoryBytes);
        BootModules.Check(initrdPath, modules, kernel.Placement, memoryBytes);
    }

    /// <inheritdoc cref="Check(KernelImage, string, IReadOnlyList{BootModule}, string, ulong)"/>
    public static void Check(string kernelPath, string? initrdPath, string commandLine, ulong memoryBytes)
    {
        using KernelImage kernel = KernelImage.Open(kernelPath);
        Check(kernel, initrdPath, [], commandLine, memoryBytes);
    }

    /// <summary>Lays out a guest: kernel, initrd and modules, command line, and what the kernel's protocol asks for.</summary>
    /// <param name="memory">The guest's.</param>
    /// <param name="kernel">Opened by the caller, and disposed by it.</param>
    /// <param name="initrdPath">Null for none.</param>
    /// <param name="commandLine">The kernel's.</param>
    /// <param name="acpiRsdp">Where the ACPI tables begin; null where there are none.</param>
    /// <param name="modules">For a Multiboot or PVH kernel.</param>
    /// <exception cref="VmException">With the id of what is wrong.</exception>
    public static BootEntry Load(GuestMemory memory, KernelImage kernel, string? initrdPath, string commandLine, GuestAddress? acpiRsdp = null,
        IReadOnlyList<BootModule>? modules = null)
    {
        IReadOnlyList<ModulePlacement> files = LoadFiles(memory, kernel.Placement, initrdPath, modules ?? []);
        return Enter(memory, kernel.Load(memory), files, commandLine, acpiRsdp);
    }

    /// <summary>Reads the initrd and the modules. Needs the kernel's placement only: the kernel may be loaded meanwhile.</summary>
    /// <exception cref="VmException">With the id of what is wrong.</exception>
    public static IReadOnlyList<ModulePlacement> LoadFiles(GuestMemory memory, KernelPlacement kernel, string? initrdPath, IReadOnlyList<BootModule> modules)
    {
        if (kernel.Protocol != BootProtocol.Linux || modules.Count > 0) return BootModules.Load(memory, initrdPath, modules, kernel);
        if (initrdPath is null) return [];
        InitrdPlacement initrd = Initrd.Load(memory, initrdPath, kernel);
        return [new(initrd.Start, initrd.Size, "")];
    }

    /// <summary>Writes all that tells the kernel about its machine.</summary>
    /// <param name="memory">The guest's.</param>
    /// <param name="kernel">Loaded, as <see cref="KernelImage.Load"/> returned it.</param>
    /// <param name="files">Loaded: an initrd, modules.</param>
    /// <param name="commandLine">The kernel's.</param>
    /// <param name="acpiRsdp">Where the ACPI tables begin; null where there are none.</param>
    /// <exception cref="VmException">The command line is not valid.</exception>
    public static BootEntry Enter(GuestMemory memory, KernelPlacement kernel, IReadOnlyList<ModulePlacement> files, string commandLine, GuestAddress? acpiRsdp)
    {
        CommandLine.Write(memory, kernel.CommandLine(commandLine), kernel.CommandLineMax);
        if (kernel.Protocol == BootProtocol.Linux)
        {
            InitrdPlacement? initrd = files.Count == 0 ? null : new(files[0].Start, files[0].Size);
            BootParams.Write(memory, kernel, initrd, acpiRsdp);
            Gdt.Boot.Write(memory);
            return new(kernel.Entry, BootLayout.BootParams, BootLayout.StackTop, PageTables.Write(memory), Gdt.Boot, kernel, initrd);
        }
        Gdt.Protected.Write(memory);
        bool multiboot = kernel.Protocol == BootProtocol.Multiboot;
        GuestAddress information = multiboot ? MultibootBoot.Write(memory, files) : PvhBoot.Write(memory, files, acpiRsdp);
        return new(kernel.Entry, information, BootLayout.StackTop, default, Gdt.Protected, kernel, null)
        {
            IsLongMode = false,
            Magic = multiboot ? MultibootBoot.Magic : 0,
            Modules = files,
        };
    }
}
