using PSToyVmm.Engine.Memory;

namespace PSToyVmm.Engine.Boot;

/// <summary>From files and a command line to a guest whose first vCPU can enter its kernel.</summary>
public static class BootLoader
{
    /// <summary>All that <see cref="Load"/> would refuse, found without a guest: no KVM, no guest memory, headers read only.</summary>
    /// <exception cref="VmException">With the id of what is wrong.</exception>
    public static void Check(string kernelPath, string? initrdPath, string commandLine, ulong memoryBytes)
    {
        using KernelImage kernel = KernelImage.Open(kernelPath);
        kernel.RequireMemory(memoryBytes);
        CommandLine.Validate(commandLine, kernel.Placement.CommandLineMax);
        if (initrdPath is not null) Initrd.Check(initrdPath, kernel.Placement, memoryBytes);
    }

    /// <summary>Lays out a guest: kernel, initrd, command line, zero page, page tables and GDT.</summary>
    /// <param name="memory">The guest's.</param>
    /// <param name="kernel">Opened by the caller, and disposed by it.</param>
    /// <param name="initrdPath">Null for none.</param>
    /// <param name="commandLine">The kernel's.</param>
    /// <param name="acpiRsdp">Where the ACPI tables begin; null where there are none.</param>
    /// <param name="measure">Runs the phases "kernel" and "initrd", each on a thread of its own; null where nobody wants to know.</param>
    /// <exception cref="VmException">With the id of what is wrong.</exception>
    public static BootEntry Load(GuestMemory memory, KernelImage kernel, string? initrdPath, string commandLine, GuestAddress? acpiRsdp = null,
        Action<string, Action>? measure = null)
    {
        measure ??= (_, phase) => phase();
        KernelPlacement placement = kernel.Placement;
        InitrdPlacement? initrd = null;
        kernel.RequireMemory(memory.Size);
        CommandLine.Write(memory, commandLine, placement.CommandLineMax);
        // Each has its own place, so that one can be read while the other is.
        Task reading = initrdPath is null ? Task.CompletedTask
            : Task.Run(() => measure("initrd", () => initrd = Initrd.Load(memory, initrdPath, placement)));
        try
        {
            measure("kernel", () => kernel.Load(memory));
        }
        finally
        {
            Task.WaitAny(reading); // whatever becomes of it: it writes into the memory
        }
        reading.GetAwaiter().GetResult();
        BootParams.Write(memory, placement, initrd, acpiRsdp);
        Gdt.Boot.Write(memory);
        return new(placement.Entry, BootLayout.BootParams, BootLayout.StackTop, PageTables.Write(memory), Gdt.Boot, placement, initrd);
    }
}
