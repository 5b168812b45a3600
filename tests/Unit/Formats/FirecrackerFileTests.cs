using System.Text;
using CsCheck;
using PSToyVmm.Engine;
using PSToyVmm.Engine.Formats;
using PSToyVmm.Engine.Machines;
using PSToyVmm.Engine.Memory;
using PSToyVmm.Engine.Vcpus;
using Xunit;

namespace PSToyVmm.Tests.Unit.Formats;

public sealed class FirecrackerFileTests
{
    // The shape of Firecracker's own example, with everything that only means a default.
    const string Firecracker = """
        {
          "boot-source": { "kernel_image_path": "vmlinux.bin", "boot_args": "console=ttyS0 reboot=k panic=1 pci=off", "initrd_path": null },
          "drives": [
            { "drive_id": "data", "is_root_device": false, "path_on_host": "/data.img", "cache_type": "Writeback", "is_read_only": true, "io_engine": "Async",
              "rate_limiter": { "bandwidth": { "size": 1048576, "one_time_burst": 0, "refill_time": 500 }, "ops": { "size": 100, "refill_time": 2000 } } },
            { "drive_id": "rootfs", "partuuid": null, "is_root_device": true, "cache_type": "Unsafe", "is_read_only": false,
              "path_on_host": "rootfs.ext4", "io_engine": "Sync", "rate_limiter": null, "socket": null }
          ],
          "machine-config": { "vcpu_count": 2, "mem_size_mib": 1024, "smt": false, "track_dirty_pages": false, "huge_pages": "None", "cpu_template": "T2CL" },
          "cpu-config": null, "balloon": null,
          "network-interfaces": [ { "iface_id": "eth0", "host_dev_name": "tap0", "guest_mac": "06:00:c0:a8:00:02", "mtu": 1400, "rx_rate_limiter": null,
              "tx_rate_limiter": { "bandwidth": { "size": 0, "refill_time": 0 } } } ],
          "vsock": null, "logger": null, "metrics": null, "mmds-config": null, "entropy": { "rate_limiter": null }, "pmem": [], "memory-hotplug": null
        }
        """;

    const string ToyVmm = """
        {
        	"boot-source": { "kernel_path": "./vmlinux.bin", "boot_args": "console=ttyS0 reboot=k panic=1" },
        	"drives": [ { "path_on_host": "./ubuntu-18.04.ext4", "is_root_device": true } ],
        	"machine-config": { "vcpu_count": 4, "mem_size_mib": 8192, "track_dirty_page": false }
        }
        """;

    [Fact]
    public void Reads_Firecrackers_file()
    {
        ConfigurationFile file = Read(Firecracker);
        MachineConfiguration machine = file.Configuration;
        Assert.Empty(file.Warnings);
        Assert.Equal("console=ttyS0 reboot=k panic=1 pci=off", file.CommandLine);
        Assert.Equal(("", "/run/vmlinux.bin", null, 2, 1024ul << 20, true), (machine.Name, machine.KernelPath, machine.InitrdPath, machine.ProcessorCount, machine.MemoryBytes, machine.Acpi));
        Assert.Equal((HugePages.None, "T2CL", true, null), (machine.MemorySource.HugePages, machine.CpuTemplate, machine.Entropy, machine.Topology));
        Assert.Equal(
            [
                new DiskConfiguration { Path = "/run/rootfs.ext4", IsRoot = true },
                new DiskConfiguration { Path = "/data.img", ReadOnly = true, BytesPerSecond = 2 << 20, BurstBytes = 1 << 20, OperationsPerSecond = 50, BurstOperations = 100 },
            ], machine.Disks);
        NetworkConfiguration network = Assert.Single(machine.Networks);
        Assert.Equal((NetworkType.Tap, "tap0", "06:00:c0:a8:00:02", 1400), (network.Type, network.TapName, network.MacAddress, network.Mtu));
    }

    [Fact]
    public void Reads_ToyVMMs_file()
    {
        ConfigurationFile file = Read(ToyVmm);
        MachineConfiguration machine = file.Configuration;
        Assert.Empty(file.Warnings);
        Assert.Equal(("/run/vmlinux.bin", 4, 8ul << 30, false), (machine.KernelPath, machine.ProcessorCount, machine.MemoryBytes, machine.Acpi));
        Assert.Equal(new DiskConfiguration { Path = "/run/ubuntu-18.04.ext4", IsRoot = true }, Assert.Single(machine.Disks));
    }

    [Theory]
    [InlineData("[]", false)]
    [InlineData("null", false)]
    [InlineData("""[{ "feature": "acpi", "enable": false }]""", false)]
    [InlineData("""[{ "feature": "acpi", "enable": true }]""", true)]
    public void ToyVMMs_machines_have_ACPI_where_it_is_asked_for(string features, bool acpi) =>
        Assert.Equal(acpi, Read(ToyVmm.TrimEnd()[..^1] + $", \"features\": {features} }}").Configuration.Acpi);

    [Fact]
    public void A_kernel_that_is_to_do_without_ACPI_has_its_machine_described_otherwise() =>
        Assert.False(Read(Firecracker.Replace("pci=off", "acpi=off")).Configuration.Acpi);

    [Fact]
    public void A_file_that_says_nothing_of_the_machine_has_Firecrackers_defaults()
    {
        ConfigurationFile file = Read("""{ "boot-source": { "kernel_image_path": "k" } }""");
        Assert.Null(file.CommandLine);
        Assert.Equal((1, 128ul << 20, HugePages.Transparent), (file.Configuration.ProcessorCount, file.Configuration.MemoryBytes, file.Configuration.MemorySource.HugePages));
        Assert.Empty(file.Configuration.Disks);
    }

    [Theory]
    [InlineData(1, null)]
    [InlineData(6, "sockets=1,cores=3,threads=2")]
    public void Siblings_are_a_topology(int count, string? topology) =>
        Assert.Equal(topology, Read(Section("machine-config", $$"""{ "vcpu_count": {{count}}, "mem_size_mib": 1, "smt": true }""")).Configuration.Topology?.ToString());

    [Theory]
    [InlineData("\"t.json\"", "/run/t.json")]
    [InlineData("""{ "msr_modifiers": [] }""", """{ "msr_modifiers": [] }""")]
    public void A_template_is_a_file_or_stands_there(string value, string expected) =>
        Assert.Equal(expected, Read(Section("cpu-config", value)).Configuration.CpuTemplate);

    [Theory]
    [InlineData("console=ttyS0", false, "console=ttyS0 root=PARTUUID=0eaa91a0-01 rw")]
    [InlineData("console=ttyS0 -- s", true, "console=ttyS0 root=PARTUUID=0eaa91a0-01 ro -- s")]
    [InlineData("root=/dev/vda2", false, "root=/dev/vda2")]
    public void A_root_partition_is_named_to_the_kernel(string arguments, bool readOnly, string expected)
    {
        ConfigurationFile file = Read($$"""
            { "boot-source": { "kernel_image_path": "k", "boot_args": "{{arguments}}" },
              "drives": [ { "drive_id": "r", "is_root_device": true, "partuuid": "0eaa91a0-01", "path_on_host": "r", "is_read_only": {{(readOnly ? "true" : "false")}} } ] }
            """);
        Assert.Equal(expected, file.WithCommandLine(file.Configuration).CommandLine);
        Assert.Equal("root=/dev/vda3", (file with { CommandLine = "" }).WithCommandLine(file.Configuration, "root=/dev/vda3").CommandLine);
        // It is of these disks that the file speaks, not of others.
        Assert.Equal(arguments, file.WithCommandLine(file.Configuration with { Disks = [] }).CommandLine);
    }

    [Theory]
    [InlineData(ulong.MaxValue, 1, long.MaxValue, long.MaxValue)]
    [InlineData(1000, 1000, 1000, 1000)]
    [InlineData(1, 10_000, 1, 1)]
    [InlineData(0, 1000, 0, 0)]
    [InlineData(1000, 0, 0, 0)]
    public void A_bucket_is_a_rate_and_a_burst(ulong size, ulong milliseconds, long rate, long burst)
    {
        DiskConfiguration disk = Read(Drive($$"""{ "bandwidth": { "size": {{size}}, "refill_time": {{milliseconds}} } }""")).Configuration.Disks[0];
        Assert.Equal((rate, burst, 0, 0), (disk.BytesPerSecond, disk.BurstBytes, disk.OperationsPerSecond, disk.BurstOperations));
    }

    [Theory]
    [InlineData("$.mahcine-config", "\"mahcine-config\": {}")]
    [InlineData("$.machine-config.foo", "\"machine-config\": { \"vcpu_count\": 1, \"mem_size_mib\": 1, \"foo\": [] }")]
    [InlineData("$.drives[0].rate_limiter.bandwidth.x", "\"drives\": [{ \"path_on_host\": \"d\", \"is_root_device\": false, \"rate_limiter\": { \"bandwidth\": { \"size\": 1, \"refill_time\": 1, \"x\": 1 } } }]")]
    [InlineData("$.drives[0].rate_limiter.ops.one_time_burst", "\"drives\": [{ \"path_on_host\": \"d\", \"is_root_device\": false, \"rate_limiter\": { \"ops\": { \"size\": 1, \"refill_time\": 1, \"one_time_burst\": 1 } } }]")]
    [InlineData("$.drives[0].rate_limiter.ops", "\"drives\": [{ \"path_on_host\": \"d\", \"is_root_device\": false, \"rate_limiter\": { \"ops\": { \"size\": 1, \"refill_time\": 1001 } } }]")]
    [InlineData("$.entropy.source", "\"entropy\": { \"source\": 1 }")]
    [InlineData("$.logger", "\"logger\": { \"log_path\": \"l\" }")]
    [InlineData("$.metrics", "\"metrics\": { \"metrics_path\": \"l\" }")]
    [InlineData(@"$['a\n\u001b[31m']", @"""a\n\u001b[31m"": 1")]
    [InlineData("$['']", "\"\": 1")]
    public void What_is_passed_over_is_a_warning_with_its_place(string path, string member)
    {
        string warning = Assert.Single(Read($$"""{ "boot-source": { "kernel_image_path": "k" }, {{member}} }""").Warnings);
        Assert.Contains($"'vm.json', {path}: ", warning, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain('\x1b', warning);
    }

    [Theory]
    [InlineData("$.balloon", "\"balloon\": { \"amount_mib\": 1 }")]
    [InlineData("$.vsock", "\"vsock\": {}")]
    [InlineData("$.mmds-config", "\"mmds-config\": {}")]
    [InlineData("$.memory-hotplug", "\"memory-hotplug\": {}")]
    [InlineData("$.pmem", "\"pmem\": [{}]")]
    [InlineData("$.machine-config.track_dirty_pages", "\"machine-config\": { \"vcpu_count\": 1, \"mem_size_mib\": 1, \"track_dirty_pages\": true }")]
    [InlineData("$.machine-config.track_dirty_page", "\"machine-config\": { \"vcpu_count\": 1, \"mem_size_mib\": 1, \"track_dirty_page\": true }")]
    [InlineData("$.machine-config.gdb_socket_path", "\"machine-config\": { \"vcpu_count\": 1, \"mem_size_mib\": 1, \"gdb_socket_path\": \"s\" }")]
    [InlineData("$.drives[0].socket", "\"drives\": [{ \"drive_id\": \"a\", \"is_root_device\": false, \"socket\": \"s\" }]")]
    [InlineData("$.network-interfaces[0].rx_rate_limiter", "\"network-interfaces\": [{ \"host_dev_name\": \"t\", \"rx_rate_limiter\": { \"ops\": { \"size\": 1, \"refill_time\": 1 } } }]")]
    [InlineData("$.entropy.rate_limiter", "\"entropy\": { \"rate_limiter\": { \"bandwidth\": { \"size\": 1, \"refill_time\": 1 } } }")]
    [InlineData("$.features[0].feature", "\"features\": [{ \"feature\": \"pci\", \"enable\": true }]")]
    public void What_the_guest_would_miss_is_an_error_with_its_place(string path, string member) =>
        AssertFault($$"""{ "boot-source": { "kernel_image_path": "k" }, {{member}} }""", VmErrorId.ConfigurationUnsupported, $"asks at {path} for ");

    [Theory]
    [InlineData("", "line 1, column 1")]
    [InlineData("{\n  \"boot-source\": {,\n}", "line 2, column 19")]
    [InlineData("{\n \"é\": ]", "line 2, column 7")]
    [InlineData("{ // comment\n}", "line 1, column 3")]
    [InlineData("[]", "$: an object belongs here, not a list")]
    [InlineData("{}", "$: 'boot-source' is missing")]
    [InlineData("""{ "boot-source": {} }""", "$.boot-source: 'kernel_image_path' is missing")]
    [InlineData("""{ "boot-source": { "kernel_image_path": "" } }""", "$.boot-source.kernel_image_path: a path is not empty")]
    [InlineData("""{ "boot-source": { "kernel_image_path": "a\u0000b" } }""", "$.boot-source.kernel_image_path: a path is not empty, and has no NUL")]
    [InlineData("""{ "boot-source": { "kernel_image_path": "\ud800" } }""", "$.boot-source.kernel_image_path: the string is no valid Unicode")]
    [InlineData("""{ "boot-source": { "kernel_image_path": "k", "\ud800": 1 } }""", "$.boot-source: a key in it is no valid Unicode")]
    [InlineData("""{ "boot-source": { "kernel_image_path": "k", "kernel_image_path": "k" } }""", "$.boot-source.kernel_image_path: this key is there twice")]
    [InlineData("""{ "boot-source": { "kernel_image_path": 5 } }""", "$.boot-source.kernel_image_path: a string belongs here, not 5")]
    [InlineData("""{ "boot-source": { "kernel_image_path": "k" }, "machine-config": { "vcpu_count": 2 } }""", "$.machine-config: 'mem_size_mib' is missing")]
    [InlineData("""{ "boot-source": { "kernel_image_path": "k" }, "machine-config": { "vcpu_count": 0, "mem_size_mib": 1 } }""", "$.machine-config.vcpu_count: a whole number from 1 to 2147483647 belongs here, not 0")]
    [InlineData("""{ "boot-source": { "kernel_image_path": "k" }, "machine-config": { "vcpu_count": 3, "mem_size_mib": 1, "smt": true } }""", "$.machine-config.vcpu_count: with smt")]
    [InlineData("""{ "boot-source": { "kernel_image_path": "k" }, "machine-config": { "vcpu_count": 1, "mem_size_mib": 1e999 } }""", "$.machine-config.mem_size_mib: a whole number from 1 to 8796093022207 belongs here, not 1e999")]
    [InlineData("""{ "boot-source": { "kernel_image_path": "k" }, "machine-config": { "vcpu_count": 1.5, "mem_size_mib": 1 } }""", "not 1.5")]
    [InlineData("""{ "boot-source": { "kernel_image_path": "k" }, "machine-config": { "vcpu_count": 1, "mem_size_mib": 1, "smt": "no" } }""", "$.machine-config.smt: true or false belongs here, not \"no\"")]
    [InlineData("""{ "boot-source": { "kernel_image_path": "k" }, "machine-config": { "vcpu_count": 1, "mem_size_mib": 1, "huge_pages": "1G" } }""", "$.machine-config.huge_pages: \"1G\" is none of None, Transparent, 2M")]
    [InlineData("""{ "boot-source": { "kernel_image_path": "k" }, "machine-config": { "vcpu_count": 1, "mem_size_mib": 1, "cpu_template": "V1N1" } }""", "$.machine-config.cpu_template: 'V1N1' is none of")]
    [InlineData("""{ "boot-source": { "kernel_image_path": "k" }, "drives": [{ "drive_id": "a", "path_on_host": "a" }] }""", "$.drives[0]: 'is_root_device' is missing")]
    [InlineData("""{ "boot-source": { "kernel_image_path": "k" }, "drives": [{ "drive_id": "a", "is_root_device": true }] }""", "$.drives[0]: 'path_on_host' is missing")]
    [InlineData("""{ "boot-source": { "kernel_image_path": "k" }, "drives": [{ "drive_id": "a", "path_on_host": "a", "is_root_device": false }, { "drive_id": "a" }] }""", "$.drives[1].drive_id: there are two drives 'a'")]
    [InlineData("""{ "boot-source": { "kernel_image_path": "k" }, "drives": [{ "cache_type": "unsafe" }] }""", "$.drives[0].cache_type: \"unsafe\" is none of Unsafe, Writeback")]
    [InlineData("""{ "boot-source": { "kernel_image_path": "k" }, "network-interfaces": [{ "iface_id": "x" }] }""", "$.network-interfaces[0]: 'host_dev_name' is missing")]
    [InlineData("""{ "boot-source": { "kernel_image_path": "k" }, "entropy": true }""", "$.entropy: an object belongs here, not true")]
    [InlineData("""{ "version": 1, "kernelPath": "k" }""", "$.kernelPath: this is a file of Export-ToyVm; Import-ToyVm reads it")]
    public void What_is_wrong_is_said_with_its_place(string text, string message) => AssertFault(text, VmErrorId.ConfigurationInvalid, message);

    [Fact]
    public void What_is_nested_deeply_or_very_long_is_an_error_of_the_usual_kind()
    {
        AssertFault(new string('[', 1 << 20), VmErrorId.ConfigurationInvalid, "line 1, column ");
        AssertFault(Section("machine-config", $"\"{new string('x', 1 << 16)}\""), VmErrorId.ConfigurationInvalid, "...");
        AssertFault(Section("machine-config", new string('9', 1 << 16)), VmErrorId.ConfigurationInvalid, "...");
        VmException fault = Assert.Throws<VmException>(() => FirecrackerFile.Read("vm.json", (byte[])[(byte)'"', 0xff, (byte)'"'], Resolve));
        Assert.Equal(VmErrorId.ConfigurationInvalid, fault.Id);
    }

    [Fact]
    public void No_text_is_anything_but_a_file_or_an_error()
    {
        // Valid files with some bytes of them changed.
        Gen.Select(Gen.Bool.Select(first => first ? Firecracker : ToyVmm), Gen.Byte.Array[1, 6], Gen.Int[0, 2000]).Sample((text, noise, at) =>
        {
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            noise.AsSpan().CopyTo(bytes.AsSpan(at % (bytes.Length - noise.Length)));
            try
            {
                FirecrackerFile.Read("vm.json", bytes, Resolve);
            }
            catch (VmException)
            {
            }
        });
    }

    [Fact]
    public void A_mark_of_the_byte_order_may_be_before_it() => Assert.Equal(2, Read("\ufeff" + Firecracker).Configuration.ProcessorCount);

    static string Section(string name, string value) => $$"""{ "boot-source": { "kernel_image_path": "k" }, "{{name}}": {{value}} }""";

    static string Drive(string limiter) => Section("drives", $$"""[{ "path_on_host": "d", "is_root_device": false, "rate_limiter": {{limiter}} }]""");

    static void AssertFault(string text, string id, string message)
    {
        VmException fault = Assert.Throws<VmException>(() => Read(text));
        Assert.Equal(id, fault.Id);
        Assert.Contains(message, fault.Message);
        Assert.Contains("vm.json", fault.Message);
        Assert.True(fault.Message.Length < 400, fault.Message);
    }

    static string Resolve(string path) => Path.GetFullPath(path, "/run");

    static ConfigurationFile Read(string text) => FirecrackerFile.Read("vm.json", Encoding.UTF8.GetBytes(text), Resolve);
}
