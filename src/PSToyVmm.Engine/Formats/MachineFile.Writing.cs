using System.Text.Encodings.Web;
using System.Text.Json;
using PSToyVmm.Engine.Machines;
using PSToyVmm.Engine.Memory;
using PSToyVmm.Engine.Vcpus;

namespace PSToyVmm.Engine.Formats;

/// <content>How it is written.</content>
public static partial class MachineFile
{
    // Paths and command lines are for reading: é and + stay what they are.
    static readonly JsonWriterOptions s_options = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>
    /// Writes all of a configuration as JSON in UTF-8. What it has nothing of (no initrd, no disks) is left out; everything else is
    /// said, so that defaults that change do not change the machine.
    /// </summary>
    /// <param name="machine">What to write.</param>
    /// <param name="folder">Where the file will be: paths of what lies there, or below, are written relative to it.</param>
    public static byte[] Write(MachineConfiguration machine, string folder)
    {
        ArgumentNullException.ThrowIfNull(machine);
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, s_options)) new Writer(json, folder).Machine(machine);
        stream.WriteByte((byte)'\n');
        return stream.ToArray();
    }

    sealed class Writer(Utf8JsonWriter json, string folder)
    {
        public void Machine(MachineConfiguration machine)
        {
            json.WriteStartObject();
            json.WriteString("$schema", Schema);
            json.WriteNumber("version", Version);
            json.WriteString("name", machine.Name);
            FilePath("kernelPath", machine.KernelPath);
            Word("bootProtocol", machine.BootProtocol);
            Word("decompressKernel", machine.DecompressKernel);
            List("modules", machine.Modules, module => Object(() =>
            {
                FilePath("path", module.Path);
                Text("arguments", module.Arguments);
            }));
            FilePath("initrdPath", machine.InitrdPath);
            json.WriteString("commandLine", machine.CommandLine);
            json.WriteNumber("memoryBytes", machine.MemoryBytes);
            Object("memorySource", () => Source(machine.MemorySource));
            json.WriteNumber("processorCount", machine.ProcessorCount);
            if (machine.Topology is { } topology) Object("topology", () => Topology(topology));
            List("cpuAffinity", machine.CpuAffinity, json.WriteNumberValue);
            Template(machine.CpuTemplate);
            json.WriteBoolean("acpi", machine.Acpi);
            Word("rebootAction", machine.RebootAction);
            json.WriteBoolean("entropy", machine.Entropy);
            json.WriteBoolean("virtioConsole", machine.VirtioConsole);
            List("disks", machine.Disks, disk => Object(() => Disk(disk)));
            List("networks", machine.Networks, network => Object(() => Network(network)));
            FilePath("serialLogPath", machine.SerialLogPath);
            FilePath("virtioConsoleLogPath", machine.VirtioConsoleLogPath);
            json.WriteBoolean("debugConsole", machine.DebugConsole);
            json.WriteBoolean("postPort", machine.PostPort);
            if (machine.DebugExitPort is { } port) json.WriteNumber("debugExitPort", port);
            if (machine.FirmwareConfig is { } files) Object("firmwareConfig", () => Firmware(files));
            json.WriteEndObject();
        }

        void Source(MemorySource source)
        {
            Word("backing", source.Backing);
            Word("hugePages", source.HugePages);
            FilePath("path", source.Path);
        }

        void Topology(CpuTopology topology)
        {
            json.WriteNumber("sockets", topology.Sockets);
            json.WriteNumber("cores", topology.Cores);
            json.WriteNumber("threads", topology.Threads);
        }

        void Template(string? template)
        {
            if (template is null) return;
            if (!CpuTemplateFile.IsText(template) && !BuiltInCpuTemplates.IsName(template))
            {
                FilePath("cpuTemplate", template);
                return;
            }
            json.WritePropertyName("cpuTemplate");
            if (CpuTemplateFile.IsText(template)) json.WriteRawValue(template);
            else json.WriteStringValue(template);
        }

        void Disk(DiskConfiguration disk)
        {
            FilePath("path", disk.Path);
            json.WriteBoolean("readOnly", disk.ReadOnly);
            json.WriteBoolean("snapshot", disk.Snapshot);
            json.WriteBoolean("raw", disk.Raw);
            Text("serial", disk.Serial);
            json.WriteBoolean("isRoot", disk.IsRoot);
            Word("cacheMode", disk.CacheMode);
            json.WriteNumber("bytesPerSecond", disk.BytesPerSecond);
            json.WriteNumber("operationsPerSecond", disk.OperationsPerSecond);
            json.WriteNumber("burstBytes", disk.BurstBytes);
            json.WriteNumber("burstOperations", disk.BurstOperations);
        }

        void Network(NetworkConfiguration network)
        {
            Word("type", network.Type);
            Text("tapName", network.TapName);
            Text("bridge", network.Bridge);
            Text("hostAddress", network.HostAddress);
            json.WriteNumber("mtu", network.Mtu);
            Text("macAddress", network.MacAddress);
            List("portForwards", network.PortForwards, json.WriteStringValue);
            json.WriteBoolean("connected", network.Connected);
        }

        void Firmware(IReadOnlyDictionary<string, FirmwareFile> files)
        {
            foreach ((string name, FirmwareFile file) in files)
            {
                Object(name, () =>
                {
                    if (file.Path is { } path) FilePath("path", path);
                    else json.WriteBase64String("content", file.Content);
                });
            }
        }

        void Word<T>(string name, T value) where T : struct, Enum => json.WriteString(name, value.ToString());

        void Text(string name, string value)
        {
            if (value.Length > 0) json.WriteString(name, value);
        }

        void FilePath(string name, string? path)
        {
            if (path is not null) json.WriteString(name, Portable(path));
        }

        // What goes along when the folder is moved is found again there. The dot keeps a file T2 from being the CPU template T2.
        string Portable(string path)
        {
            string relative = Path.GetRelativePath(folder, path);
            return relative == ".." || relative.StartsWith("../", StringComparison.Ordinal) || Path.IsPathRooted(relative) ? path : $"./{relative}";
        }

        void List<T>(string name, IReadOnlyList<T> items, Action<T> write)
        {
            if (items.Count == 0) return;
            json.WriteStartArray(name);
            foreach (T item in items) write(item);
            json.WriteEndArray();
        }

        void Object(string name, Action write)
        {
            json.WritePropertyName(name);
            Object(write);
        }

        void Object(Action write)
        {
            json.WriteStartObject();
            write();
            json.WriteEndObject();
        }
    }
}
