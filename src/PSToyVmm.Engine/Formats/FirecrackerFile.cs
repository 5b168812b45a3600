using System.Text.Json;
using PSToyVmm.Engine.Machines;
using PSToyVmm.Engine.Memory;
using PSToyVmm.Engine.Vcpus;

namespace PSToyVmm.Engine.Formats;

/// <summary>
/// Reads the files of two other VMMs: Firecracker's <c>--config-file</c> (VmmConfig in its src/vmm/src/resources.rs and what that
/// names) and the <c>vm_config*.json</c> of ToyVMM, which grew out of an early form of it. What only means a default is passed;
/// what the other VMM would do and this one does not is an error, what neither knows is a warning.
/// </summary>
public sealed partial class FirecrackerFile
{
    const long LargestSize = 1 << 20;
    const long LargestMebibytes = long.MaxValue >> 20;

    // What Firecracker gives a machine of which the file says nothing (machine_config.rs).
    const int DefaultMebibytes = 128;

    readonly Func<string, string> _resolve;
    readonly List<string> _warnings = [];

    FirecrackerFile(Func<string, string> resolve) => _resolve = resolve;

    /// <summary>Reads a file.</summary>
    /// <param name="path">Full path.</param>
    /// <param name="resolve">Makes a full path of one in the file.</param>
    /// <exception cref="VmException">ConfigurationInvalid, ConfigurationUnsupported, or what is wrong with the file.</exception>
    public static ConfigurationFile Load(string path, Func<string, string> resolve) => Read(path, ConfigurationFile.BytesOf(path, LargestSize), resolve);

    /// <summary>Reads a text.</summary>
    internal static ConfigurationFile Read(string name, ReadOnlyMemory<byte> utf8, Func<string, string> resolve)
    {
        using JsonText text = JsonText.Parse(name, utf8);
        return new FirecrackerFile(resolve).Machine(text.Root);
    }

    ConfigurationFile Machine(JsonValue file)
    {
        JsonMembers root = file.Members();
        if (root.Take("kernelPath") is { } ours) throw ours.Fault("this is a file of Export-ToyVm; Import-ToyVm reads it");

        JsonMembers boot = root.Need("boot-source").Members();
        JsonValue? toyVmmKernel = boot.Take("kernel_path"), features = root.Take("features");
        JsonValue kernel = boot.Take("kernel_image_path") ?? toyVmmKernel ?? throw boot.Missing("kernel_image_path");
        string? commandLine = boot.Take("boot_args")?.Text();
        // Firecracker has ACPI; ToyVMM has it where it is asked for, and its users' kernels often know nothing of it.
        bool acpi = toyVmmKernel is null && features is null || HasAcpi(features);

        (IReadOnlyList<DiskConfiguration> disks, string rootParameters) = Disks(root.Take("drives"));
        MachineConfiguration machine = Processors(root.Take("machine-config")) with
        {
            KernelPath = kernel.FilePath(_resolve),
            InitrdPath = boot.Take("initrd_path")?.FilePath(_resolve),
            Acpi = acpi && commandLine?.Split(' ').Contains("acpi=off") is not true,
            Disks = disks,
            Networks = [.. (root.Take("network-interfaces")?.Items() ?? []).Select(Network)],
            Entropy = HasEntropy(root.Take("entropy")),
        };
        WarnOfOthers(boot);
        if (root.Take("cpu-config") is { } template) machine = machine with { CpuTemplate = Template(template) };
        PassOver(root);
        return new(machine, commandLine, _warnings) { RootParameters = rootParameters };
    }

    MachineConfiguration Processors(JsonValue? section)
    {
        MachineConfiguration machine = new() { Name = "", KernelPath = "", MemoryBytes = DefaultMebibytes << 20 };
        if (section?.Members() is not { } members) return machine;
        JsonValue count = members.Need("vcpu_count");
        int processors = (int)count.Integer(1, int.MaxValue);
        bool siblings = members.Take("smt")?.Boolean() is true && processors > 1;
        if (siblings && processors % 2 != 0) throw count.Fault($"with smt, the number of vCPUs is 1 or even, not {processors}");
        machine = machine with
        {
            ProcessorCount = processors,
            MemoryBytes = (ulong)members.Need("mem_size_mib").Integer(1, LargestMebibytes) << 20,
            Topology = siblings ? new(1, processors / 2, 2) : null,
            CpuTemplate = members.Take("cpu_template") is { } template ? StaticTemplate(template) : null,
            MemorySource = members.Take("huge_pages")?.OneOf(("None", HugePages.None), ("Transparent", HugePages.Transparent), ("2M", HugePages.TwoMebibytes)) is { } pages
                ? MemorySource.Default with { HugePages = pages } : MemorySource.Default,
        };
        foreach (string tracking in (ReadOnlySpan<string>)["track_dirty_pages", "track_dirty_page"])
            if (members.Take(tracking) is { } track && track.Boolean()) throw track.Unsupported("a record of the pages that the guest writes, which snapshots of differences need");
        if (members.Take("gdb_socket_path") is { } debugger) throw debugger.Unsupported("a server for GDB");
        WarnOfOthers(members);
        return machine;
    }

    static string? StaticTemplate(JsonValue value)
    {
        string name = value.Text();
        return name == "None" ? null : BuiltInCpuTemplates.IsName(name) ? name
            : throw value.Fault($"'{name}' is none of {string.Join(", ", BuiltInCpuTemplates.Names)}");
    }

    // A file of its own, or the template itself.
    string Template(JsonValue value) => value.Element.ValueKind == JsonValueKind.Object ? value.Raw() : value.FilePath(_resolve);

    bool HasAcpi(JsonValue? features)
    {
        bool acpi = false;
        foreach (JsonValue item in features?.Items() ?? [])
        {
            JsonMembers feature = item.Members();
            JsonValue name = feature.Need("feature");
            bool enabled = feature.Need("enable").Boolean();
            if (name.Text() != "acpi") throw name.Unsupported($"the feature '{name.Text()}'; ToyVMM knows acpi");
            acpi = enabled;
            WarnOfOthers(feature);
        }
        return acpi;
    }

    bool HasEntropy(JsonValue? section)
    {
        if (section?.Members() is not { } members) return false;
        RequireUnlimited(members.Take("rate_limiter"), "a limit for random numbers");
        WarnOfOthers(members);
        return true;
    }

    // Of whole sections: refused where the guest would miss something, passed over where only the VMM's own habits are meant.
    void PassOver(JsonMembers root)
    {
        Refuse("balloon", "a memory balloon");
        Refuse("vsock", "a vsock device");
        Refuse("mmds-config", "a metadata service");
        Refuse("memory-hotplug", "memory that comes and goes");
        if (root.Take("pmem") is { } pmem && pmem.Items().Count > 0) throw pmem.Unsupported("persistent memory; give the file as a drive");
        if (root.Take("logger") is { } logger) Warn(logger, "it is passed over; Get-ToyVmLog has what a machine logs");
        if (root.Take("metrics") is { } metrics) Warn(metrics, "it is passed over; Get-ToyVmExitStats, Get-ToyVmDisk and Get-ToyVmNetworkAdapter have figures");
        WarnOfOthers(root);

        void Refuse(string section, string what)
        {
            if (root.Take(section) is { } asked) throw asked.Unsupported(what);
        }
    }

    void WarnOfOthers(JsonMembers members)
    {
        foreach (JsonValue other in members.Left) Warn(other, "this key is not known, and is passed over");
    }

    void Warn(JsonValue value, string what) => _warnings.Add($"'{value.File.Name}', {value.Path}: {what}.");
}
