using System.Collections;
using System.Reflection;
using System.Text;
using System.Text.Json;
using PSToyVmm.Engine;
using PSToyVmm.Engine.Formats;
using PSToyVmm.Engine.Machines;
using PSToyVmm.Engine.Memory;
using PSToyVmm.Engine.Vcpus;
using Xunit;

namespace PSToyVmm.Tests.Unit.Formats;

public sealed class MachineFileTests
{
    const string Folder = "/srv/machines";

    // Nothing as it is by default; a test below fails where a new property is.
    static readonly MachineConfiguration s_whole = new()
    {
        Name = "wéb \"1\"",
        KernelPath = "/srv/machines/boot/bzImage",
        BootProtocol = BootProtocol.Pvh,
        DecompressKernel = KernelDecompression.Never,
        Modules = [new("/srv/a", "x=1 y"), new("/srv/b")],
        InitrdPath = "/srv/initrd",
        CommandLine = "console=ttyS0 a='<&+é>' -- s",
        MemoryBytes = ulong.MaxValue,
        ProcessorCount = 8,
        Acpi = false,
        RebootAction = RebootAction.Stop,
        MemorySource = new(MemoryBacking.File, HugePages.OneGibibyte, "/dev/shm/ram"),
        CpuAffinity = [3, 0],
        Topology = new(2, 2, 2),
        CpuTemplate = """{ "cpuid_modifiers": [] }""",
        Entropy = true,
        VirtioConsole = true,
        Disks =
        [
            new()
            {
                Path = "/dev/loop7", ReadOnly = true, Snapshot = true, Raw = true, Serial = "S-1", IsRoot = true, CacheMode = DiskCacheMode.Writethrough,
                BytesPerSecond = long.MaxValue, OperationsPerSecond = 2, BurstBytes = 3, BurstOperations = 4,
            },
        ],
        Networks =
        [
            new()
            {
                Type = NetworkType.Tap, TapName = "tap0", Bridge = "br0", HostAddress = "192.0.2.1/24", Mtu = 1400, MacAddress = "52:54:00:12:34:56",
                PortForwards = ["8080:80", "53:53/udp"], Connected = false,
            },
        ],
        SerialLogPath = "/srv/machines/serial.log",
        VirtioConsoleLogPath = "/srv/machines/hvc0.log",
        DebugConsole = true,
        PostPort = true,
        DebugExitPort = 0xf4,
        FirmwareConfig = new Dictionary<string, FirmwareFile> { ["opt/a b"] = new("/srv/x"), ["opt/bytes"] = new([0, 255, 1]), ["opt/none"] = new([]) },
    };

    [Fact]
    public void Every_property_comes_back()
    {
        MachineConfiguration back = Read(Text(s_whole)).Configuration;
        AssertSame(s_whole, back, "$");
        Assert.Equal(Text(s_whole), Text(back));
    }

    [Fact]
    public void The_test_machine_has_nothing_by_default()
    {
        AssertDiffers(new MachineConfiguration { Name = "", KernelPath = "" }, s_whole);
        AssertDiffers(MemorySource.Default, s_whole.MemorySource);
        AssertDiffers(new DiskConfiguration { Path = "" }, s_whole.Disks[0]);
        AssertDiffers(new NetworkConfiguration(), s_whole.Networks[0]);
        AssertDiffers(new BootModule(""), s_whole.Modules[0]);
        AssertDiffers(new CpuTopology(1, 1, 1), s_whole.Topology!);
    }

    [Fact]
    public void A_file_with_only_a_kernel_is_a_new_machine()
    {
        MachineConfiguration fresh = new() { Name = "", KernelPath = "/srv/machines/k" };
        ConfigurationFile read = Read("""{ "version": 1, "kernelPath": "k" }""");
        AssertSame(fresh, read.Configuration, "$");
        Assert.Null(read.CommandLine);
        AssertSame(fresh, Read(Text(fresh)).Configuration, "$");
    }

    [Theory]
    [InlineData("/srv/machines/k", "./k")]
    [InlineData("/srv/machines/a/../b/k", "./b/k")]
    [InlineData("/srv/machines/..k", "./..k")]
    [InlineData("/srv/k", "/srv/k")]
    [InlineData("/srv/machines2/k", "/srv/machines2/k")]
    [InlineData("/srv/machines/T2", "./T2")]
    public void What_is_beside_the_file_is_found_from_there(string path, string written)
    {
        MachineConfiguration machine = new() { Name = "m", KernelPath = path, CpuTemplate = path };
        using JsonDocument document = JsonDocument.Parse(Text(machine));
        Assert.Equal(written, document.RootElement.GetProperty("kernelPath").GetString());
        Assert.Equal(Path.GetFullPath(path), Read(Text(machine)).Configuration.KernelPath);
        Assert.Equal(Path.GetFullPath(path), Read(Text(machine)).Configuration.CpuTemplate);
    }

    [Theory]
    [InlineData("None")]
    [InlineData("T2CL")]
    public void A_template_by_its_name_stays_one(string name) =>
        Assert.Equal(name, Read(Text(s_whole with { CpuTemplate = name })).Configuration.CpuTemplate);

    [Theory]
    [InlineData("""{ "kernelPath": "k" }""", "ConfigurationInvalid", "$: 'version' is missing")]
    [InlineData("""{ "version": 1 }""", "ConfigurationInvalid", "$: 'kernelPath' is missing")]
    [InlineData("""{ "version": 2, "kernelPath": "k" }""", "ConfigurationVersionUnsupported", "version 2")]
    [InlineData("""{ "version": "1", "kernelPath": "k" }""", "ConfigurationInvalid", "$.version: a whole number from 1")]
    [InlineData("""{ "version": 1, "kernelPath": "k", "memory": 1 }""", "ConfigurationInvalid", "$.memory: this key is not known")]
    [InlineData("""{ "version": 1, "kernelPath": "k", "disks": [{ "path": "a" }, { "path": "b", "rot": true }] }""", "ConfigurationInvalid", "$.disks[1].rot: this key is not known")]
    [InlineData("""{ "version": 1, "kernelPath": "k", "disks": [{}] }""", "ConfigurationInvalid", "$.disks[0]: 'path' is missing")]
    [InlineData("""{ "version": 1, "kernelPath": "k", "networks": {} }""", "ConfigurationInvalid", "$.networks: a list belongs here, not an object")]
    [InlineData("""{ "version": 1, "kernelPath": "k", "networks": [{ "type": "user" }] }""", "ConfigurationInvalid", "$.networks[0].type: \"user\" is none of User, Tap")]
    [InlineData("""{ "version": 1, "kernelPath": "k", "networks": [{ "type": "1" }] }""", "ConfigurationInvalid", "none of User, Tap")]
    [InlineData("""{ "version": 1, "kernelPath": "k", "memoryBytes": -1 }""", "ConfigurationInvalid", "$.memoryBytes: a whole number from 0 to 18446744073709551615 belongs here, not -1")]
    [InlineData("""{ "version": 1, "kernelPath": "k", "debugExitPort": 65536 }""", "ConfigurationInvalid", "$.debugExitPort: a whole number from 0 to 65535")]
    [InlineData("""{ "version": 1, "kernelPath": "k", "topology": { "cores": 0 } }""", "ConfigurationInvalid", "$.topology.cores: a whole number from 1")]
    [InlineData("""{ "version": 1, "kernelPath": "k", "firmwareConfig": { "opt/x": {} } }""", "ConfigurationInvalid", "$.firmwareConfig['opt/x']: either")]
    [InlineData("""{ "version": 1, "kernelPath": "k", "firmwareConfig": { "opt/x": { "path": "a", "content": "" } } }""", "ConfigurationInvalid", "either")]
    [InlineData("""{ "version": 1, "kernelPath": "k", "firmwareConfig": { "opt/x": { "content": "=" } } }""", "ConfigurationInvalid", "['opt/x'].content: the string is no base64")]
    [InlineData("""{ "boot-source": {} }""", "ConfigurationInvalid", "$.boot-source: this is a file of Firecracker or ToyVMM; New-ToyVm -ConfigPath reads it")]
    public void What_is_wrong_is_said_with_its_place(string text, string id, string message)
    {
        VmException fault = Assert.Throws<VmException>(() => Read(text));
        Assert.Equal(id, fault.Id);
        Assert.Contains(message, fault.Message);
        Assert.Contains("m.json", fault.Message);
    }

    [Fact]
    public void The_schema_has_just_the_keys_and_words_of_the_code()
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Repository.PathOf("module/toyvm.schema.json")));
        JsonElement schema = document.RootElement;
        Assert.Equal(MachineFile.Schema, schema.GetProperty("$id").GetString());
        Assert.Equal(MachineFile.Version, schema.GetProperty("properties").GetProperty("version").GetProperty("const").GetInt32());
        AssertDescribed(typeof(MachineConfiguration), schema, "$schema", "version");
    }

    [Fact]
    public void What_is_written_is_what_the_schema_allows()
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Repository.PathOf("module/toyvm.schema.json")));
        JsonSchema schema = new(document.RootElement);
        Assert.Empty(Faults(Text(s_whole with { MemoryBytes = 4096 })));
        Assert.Empty(Faults(Text(new() { Name = "m", KernelPath = "/k" })));
        Assert.Empty(Faults("""{ "version": 1, "kernelPath": "k", "networks": [{}], "topology": { "cores": 2 } }"""));

        Assert.Equal(["$: required [\"version\", \"kernelPath\"]"], Faults("{}"));
        Assert.Equal(["$.disks[1].rot may not be there"], Faults("""{ "version": 1, "kernelPath": "k", "disks": [{ "path": "a" }, { "path": "b", "rot": 1 }] }"""));
        Assert.Equal(["$.kernelPath: minLength 1", "$.memoryBytes: multipleOf 4096"], Faults("""{ "version": 1, "kernelPath": "", "memoryBytes": 1 }"""));
        Assert.Equal(["$.acpi: type \"boolean\"", "$.debugExitPort: maximum 65535"], Faults("""{ "version": 1, "kernelPath": "k", "acpi": "no", "debugExitPort": 65536 }"""));
        Assert.Single(Faults("""{ "version": 2, "kernelPath": "k" }"""));
        Assert.Single(Faults("""{ "version": 1, "kernelPath": "k", "rebootAction": "restart" }"""));
        Assert.Single(Faults("""{ "version": 1, "kernelPath": "k", "firmwareConfig": { "opt/a": { "path": "a", "content": "" } } }"""));

        string[] Faults(string text)
        {
            using JsonDocument written = JsonDocument.Parse(text);
            return [.. schema.Faults(written.RootElement)];
        }
    }

    static void AssertDescribed(Type type, JsonElement schema, params string[] besides)
    {
        JsonElement described = schema.GetProperty("properties");
        Assert.False(schema.GetProperty("additionalProperties").GetBoolean());
        Assert.Equal(Settable(type).Select(property => Key(property)).Concat(besides).Order(), described.EnumerateObject().Select(property => property.Name).Order());
        foreach (PropertyInfo property in Settable(type))
        {
            JsonElement value = described.GetProperty(Key(property));
            Type inner = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
            if (inner.IsEnum) Assert.Equal(Enum.GetNames(inner), value.GetProperty("enum").EnumerateArray().Select(word => word.GetString()));
            else if (IsRecord(inner)) AssertDescribed(inner, value);
            else if (inner.IsGenericType && inner.GetGenericTypeDefinition() == typeof(IReadOnlyList<>) && IsRecord(inner.GetGenericArguments()[0])) AssertDescribed(inner.GetGenericArguments()[0], value.GetProperty("items"));
        }
    }

    static bool IsRecord(Type type) => type.IsClass && type.Namespace?.StartsWith("PSToyVmm", StringComparison.Ordinal) is true;

    static IEnumerable<PropertyInfo> Settable(Type type) => type.GetProperties().Where(property => property.CanWrite);

    static string Key(PropertyInfo property) => JsonNamingPolicy.CamelCase.ConvertName(property.Name);

    static void AssertDiffers(object fresh, object whole) => Assert.All(Settable(fresh.GetType()), property =>
    {
        object? value = property.GetValue(whole), other = property.GetValue(fresh);
        Assert.True(value is IEnumerable and not string ? ((IEnumerable)value).Cast<object>().Any() : !Equals(value, other), $"{property.Name} is as by default");
    });

    static void AssertSame(object? expected, object? actual, string path)
    {
        if (expected is FirmwareFile file) Assert.True(actual is FirmwareFile other && file.Path == other.Path && file.Content.SequenceEqual(other.Content), path);
        else if (expected is not null && IsRecord(expected.GetType()))
        {
            foreach (PropertyInfo property in Settable(expected.GetType()))
                AssertSame(property.GetValue(expected), property.GetValue(actual), $"{path}.{property.Name}");
        }
        else if (expected is IDictionary files)
        {
            IReadOnlyDictionary<string, FirmwareFile> others = Assert.IsType<IReadOnlyDictionary<string, FirmwareFile>>(actual, exactMatch: false);
            Assert.Equal(files.Keys.Cast<string>(), others.Keys);
            foreach (string name in files.Keys) AssertSame(files[name], others[name], $"{path}.{name}");
        }
        else if (expected is IEnumerable list and not string)
        {
            object[] left = [.. list.Cast<object>()], right = [.. ((IEnumerable)actual!).Cast<object>()];
            Assert.Equal(left.Length, right.Length);
            for (int i = 0; i < left.Length; i++) AssertSame(left[i], right[i], $"{path}[{i}]");
        }
        else Assert.True(Equals(expected, actual), $"{path} is {actual}, not {expected}");
    }

    static string Text(MachineConfiguration machine) => Encoding.UTF8.GetString(MachineFile.Write(machine, Folder));

    static ConfigurationFile Read(string text) => MachineFile.Read("m.json", Encoding.UTF8.GetBytes(text), Folder);
}
