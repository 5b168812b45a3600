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

    /// <summary>
    /// Lays out a guest: kernel, initrd and modules, command line, and what the kernel's protocol asks for. Each file has a
    /// place of its own, so the kernel is read while the others are.
    /// </summary>
    /// <param name="memory">The guest's. When this returns or throws, nobody writes into it any more.</param>
    /// <param name="kernel">Opened by the caller, and disposed by it.</param>
    /// <param name="initrdPath">Null for none.</param>
    /// <param name="modules">For a Multiboot or PVH kernel.</param>
    /// <param name="commandLine">The kernel's.</param>
    /// <param name="acpiRsdp">Where the ACPI tables begin; null where there are none.</param>
    /// <param name="measure">Runs the phases "kernel" and "initrd", on two threads; null where nobody wants to know.</param>
    /// <exception cref="VmException">With the id of what is wrong.</exception>
    public static BootEntry Load(GuestMemory memory, KernelImage kernel, string? initrdPath, IReadOnlyList<BootModule> modules, string commandLine,
        GuestAddress? acpiRsdp = null, Action<string, Action>? measure = null)
    {
        measure ??= static (_, phase) => phase();
        KernelPlacement placement = kernel.Placement;
        IReadOnlyList<ModulePlacement> files = [];
        bool none = initrdPath is null && modules.Count == 0;
        Task reading = none ? Task.CompletedTask : Task.Run(() => measure("initrd", () => files = LoadFiles(memory, kernel.Placement, initrdPath, modules)));
        try
        {
            measure("kernel", () => placement = kernel.Load(memory));
        }
        finally
        {
            Task.WaitAny(reading); // whatever becomes of it: it writes into the memory
        }
        reading.GetAwaiter().GetResult();
        return Enter(memory, placement, files, commandLine, acpiRsdp);
    }

    // Needs the kernel's placement only.
    static IReadOnlyList<ModulePlacement> LoadFiles(GuestMemory memory, KernelPlacement kernel, string? initrdPath, IReadOnlyList<BootModule> modules)
    {
        if (kernel.Protocol != BootProtocol.Linux || modules.Count > 0) return BootModules.Load(memory, initrdPath, modules, kernel);
        if (initrdPath is null) return [];
        InitrdPlacement initrd = Initrd.Load(memory, initrdPath, kernel);
        return [new(initrd.Start, initrd.Size, "")];
    }

    // Writes all that tells the loaded kernel about its machine and its files.
    static BootEntry Enter(GuestMemory memory, KernelPlacement kernel, IReadOnlyList<ModulePlacement> files, string commandLine, GuestAddress? acpiRsdp)
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
