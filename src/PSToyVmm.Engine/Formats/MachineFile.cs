using System.Text.Json;
using PSToyVmm.Engine.Machines;
using PSToyVmm.Engine.Memory;
using PSToyVmm.Engine.Vcpus;

namespace PSToyVmm.Engine.Formats;

/// <summary>
/// Our own file of a machine's configuration: JSON, whose keys are the properties of <see cref="MachineConfiguration"/> with a
/// small first letter (module/toyvm.schema.json). All of them come back; a key that is not known is a fault, as the file is ours.
/// </summary>
public static partial class MachineFile
{
    /// <summary>Changes when an older PSToyVmm could no longer read the file.</summary>
    public const int Version = 1;

    /// <summary>What names the schema: a key, not a place on the network.</summary>
    public const string Schema = "urn:pstoyvmm:toyvm.schema.json";

    // Files of the firmware configuration may be in it, as text.
    const long LargestSize = 256 << 20;

    /// <summary>Reads a file.</summary>
    /// <param name="path">Full path. Relative paths in the file start at its folder.</param>
    /// <exception cref="VmException">ConfigurationInvalid, ConfigurationVersionUnsupported, or what is wrong with the file.</exception>
    public static ConfigurationFile Load(string path) => Read(path, ConfigurationFile.BytesOf(path, LargestSize), Path.GetDirectoryName(path)!);

    /// <summary>Reads a text.</summary>
    internal static ConfigurationFile Read(string name, ReadOnlyMemory<byte> utf8, string folder)
    {
        using JsonText text = JsonText.Parse(name, utf8);
        return Machine(text.Root, path => Path.GetFullPath(path, folder));
    }

    static ConfigurationFile Machine(JsonValue file, Func<string, string> resolve)
    {
        JsonMembers root = file.Members();
        if (root.Take("boot-source") is { } other) throw other.Fault("this is a file of Firecracker or ToyVMM; New-ToyVm -ConfigPath reads it");
        root.Take("$schema")?.Text();
        CheckVersion(root.Need("version"));
        MachineConfiguration fresh = new() { Name = "", KernelPath = "" };
        string? commandLine = root.Take("commandLine")?.Text();
        MachineConfiguration machine = fresh with
        {
            Name = root.Take("name")?.Text() ?? "",
            KernelPath = root.Need("kernelPath").FilePath(resolve),
            BootProtocol = root.Take("bootProtocol")?.Enumeration<BootProtocol>() ?? fresh.BootProtocol,
            DecompressKernel = root.Take("decompressKernel")?.Enumeration<KernelDecompression>() ?? fresh.DecompressKernel,
            Modules = [.. ItemsOf(root, "modules").Select(item => Module(item, resolve))],
            InitrdPath = root.Take("initrdPath")?.FilePath(resolve),
            CommandLine = commandLine ?? fresh.CommandLine,
            MemoryBytes = root.Take("memoryBytes")?.Unsigned() ?? fresh.MemoryBytes,
            ProcessorCount = (int?)root.Take("processorCount")?.Integer(1, int.MaxValue) ?? fresh.ProcessorCount,
            Acpi = root.Take("acpi")?.Boolean() ?? fresh.Acpi,
            RebootAction = root.Take("rebootAction")?.Enumeration<RebootAction>() ?? fresh.RebootAction,
            MemorySource = root.Take("memorySource") is { } source ? Source(source, resolve) : fresh.MemorySource,
            CpuAffinity = [.. ItemsOf(root, "cpuAffinity").Select(item => (int)item.Integer(0, int.MaxValue))],
            Topology = root.Take("topology") is { } topology ? Topology(topology) : null,
            CpuTemplate = root.Take("cpuTemplate") is { } template ? Template(template, resolve) : null,
            Entropy = root.Take("entropy")?.Boolean() ?? fresh.Entropy,
            VirtioConsole = root.Take("virtioConsole")?.Boolean() ?? fresh.VirtioConsole,
            Disks = [.. ItemsOf(root, "disks").Select(item => Disk(item, resolve))],
            Networks = [.. ItemsOf(root, "networks").Select(Network)],
            SerialLogPath = root.Take("serialLogPath")?.FilePath(resolve),
            VirtioConsoleLogPath = root.Take("virtioConsoleLogPath")?.FilePath(resolve),
            DebugConsole = root.Take("debugConsole")?.Boolean() ?? fresh.DebugConsole,
            PostPort = root.Take("postPort")?.Boolean() ?? fresh.PostPort,
            DebugExitPort = (ushort?)root.Take("debugExitPort")?.Integer(0, ushort.MaxValue),
            FirmwareConfig = root.Take("firmwareConfig")?.Members().TakeAll().ToDictionary(file => file.Key, file => Firmware(file.Value, resolve), StringComparer.Ordinal),
        };
        root.RefuseOthers();
        return new(machine, commandLine, []);
    }

    static void CheckVersion(JsonValue value)
    {
        long version = value.Integer(1, long.MaxValue);
        if (version != Version)
            throw new VmException(VmErrorId.ConfigurationVersionUnsupported, VmErrorKind.NotSupported,
                $"'{value.File.Name}' has version {version} of the form of configurations; this PSToyVmm reads version {Version}. Use the PSToyVmm that wrote it, or a later one.");
    }

    static BootModule Module(JsonValue item, Func<string, string> resolve)
    {
        JsonMembers members = item.Members();
        BootModule module = new(members.Need("path").FilePath(resolve), members.Take("arguments")?.Text() ?? "");
        members.RefuseOthers();
        return module;
    }

    static MemorySource Source(JsonValue value, Func<string, string> resolve)
    {
        JsonMembers members = value.Members();
        MemorySource source = new(
            members.Take("backing")?.Enumeration<MemoryBacking>() ?? MemorySource.Default.Backing,
            members.Take("hugePages")?.Enumeration<HugePages>() ?? MemorySource.Default.HugePages,
            members.Take("path")?.FilePath(resolve));
        members.RefuseOthers();
        return source;
    }

    static CpuTopology Topology(JsonValue value)
    {
        JsonMembers members = value.Members();
        CpuTopology topology = new(Count("sockets"), Count("cores"), Count("threads"));
        members.RefuseOthers();
        return topology;

        int Count(string name) => (int?)members.Take(name)?.Integer(1, int.MaxValue) ?? 1;
    }

    static string Template(JsonValue value, Func<string, string> resolve) =>
        value.Element.ValueKind == JsonValueKind.Object ? value.Raw()
            : value.Text() is var text && BuiltInCpuTemplates.IsName(text) ? text : value.FilePath(resolve);

    static DiskConfiguration Disk(JsonValue item, Func<string, string> resolve)
    {
        JsonMembers members = item.Members();
        DiskConfiguration disk = new()
        {
            Path = members.Need("path").FilePath(resolve),
            ReadOnly = members.Take("readOnly")?.Boolean() is true,
            Snapshot = members.Take("snapshot")?.Boolean() is true,
            Raw = members.Take("raw")?.Boolean() is true,
            Serial = members.Take("serial")?.Text() ?? "",
            IsRoot = members.Take("isRoot")?.Boolean() is true,
            CacheMode = members.Take("cacheMode")?.Enumeration<DiskCacheMode>() ?? default,
            BytesPerSecond = Limit("bytesPerSecond"),
            OperationsPerSecond = Limit("operationsPerSecond"),
            BurstBytes = Limit("burstBytes"),
            BurstOperations = Limit("burstOperations"),
        };
        members.RefuseOthers();
        return disk;

        long Limit(string name) => members.Take(name)?.Integer(0, long.MaxValue) ?? 0;
    }

    static NetworkConfiguration Network(JsonValue item)
    {
        JsonMembers members = item.Members();
        NetworkConfiguration network = new()
        {
            Type = members.Take("type")?.Enumeration<NetworkType>() ?? default,
            TapName = members.Take("tapName")?.Text() ?? "",
            Bridge = members.Take("bridge")?.Text() ?? "",
            HostAddress = members.Take("hostAddress")?.Text() ?? "",
            Mtu = (int?)members.Take("mtu")?.Integer(0, int.MaxValue) ?? 0,
            MacAddress = members.Take("macAddress")?.Text() ?? "",
            PortForwards = [.. ItemsOf(members, "portForwards").Select(forward => forward.Text())],
            Connected = members.Take("connected")?.Boolean() ?? true,
        };
        members.RefuseOthers();
        return network;
    }

    // A file of the host, or its bytes in base64.
    static FirmwareFile Firmware(JsonValue value, Func<string, string> resolve)
    {
        JsonMembers members = value.Members();
        JsonValue? path = members.Take("path"), content = members.Take("content");
        members.RefuseOthers();
        if (path is null == content is null) throw value.Fault("either 'path' or 'content' belongs here");
        if (path is { } file) return new(file.FilePath(resolve));
        JsonValue text = content!.Value;
        _ = text.Text();
        return text.Element.TryGetBytesFromBase64(out byte[]? bytes) ? new(bytes) : throw text.Fault("the string is no base64");
    }

    static IReadOnlyList<JsonValue> ItemsOf(JsonMembers members, string name) => members.Take(name)?.Items() ?? [];
}
