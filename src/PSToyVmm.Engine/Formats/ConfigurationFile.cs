using PSToyVmm.Engine.Boot;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm.Engine.Formats;

/// <summary>What a file says of a machine.</summary>
/// <param name="Configuration">The machine. Its name is empty where the file gives none.</param>
/// <param name="CommandLine">The kernel's command line; null where the file leaves it to the VMM.</param>
/// <param name="Warnings">Sentences about what was passed over, each with its place.</param>
public sealed record ConfigurationFile(MachineConfiguration Configuration, string? CommandLine, IReadOnlyList<string> Warnings)
{
    /// <summary>What the kernel is told of these disks, if its command line names no root file system.</summary>
    internal string RootParameters { get; init; } = "";

    /// <summary>
    /// The machine with a command line: the file's, or that of a new machine with this kernel; and with what is to be appended to it.
    /// </summary>
    /// <exception cref="VmException">What is wrong with the kernel's file.</exception>
    public MachineConfiguration WithCommandLine(MachineConfiguration machine, string? appended = null)
    {
        ArgumentNullException.ThrowIfNull(machine);
        string line = Boot.CommandLine.Combine(CommandLine ?? MachineConfiguration.DefaultCommandLineFor(machine.KernelPath, machine.BootProtocol, machine.Acpi), appended);
        bool hasRoot = line.Split(' ').Any(word => word.StartsWith("root=", StringComparison.Ordinal));
        bool hasDisks = ReferenceEquals(machine.Disks, Configuration.Disks);
        return machine with { CommandLine = hasRoot || !hasDisks ? line : Boot.CommandLine.AddParameters(line, RootParameters) };
    }

    /// <summary>The bytes of a regular file.</summary>
    /// <exception cref="VmException">What is wrong with it.</exception>
    internal static byte[] BytesOf(string path, long largestSize)
    {
        using BootFile file = BootFile.Open(path, "configuration", VmErrorId.FileUnreadable);
        if (file.Length > largestSize)
            throw file.Fault(VmErrorId.ConfigurationInvalid, $"has {file.Length} bytes, too many for a machine's configuration.");
        byte[] bytes = new byte[file.Length];
        file.Read(0, bytes);
        return bytes;
    }
}
