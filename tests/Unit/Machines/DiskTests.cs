using PSToyVmm.Engine;
using PSToyVmm.Engine.Machines;
using PSToyVmm.Tests.Unit.Boot.Initramfs;
using Xunit;

namespace PSToyVmm.Tests.Unit.Machines;

public sealed class DiskTests : IDisposable
{
    readonly TempFile _image = new(new byte[1 << 20]);

    public void Dispose() => _image.Dispose();

    [KvmFact]
    public void A_running_machine_has_its_disk_for_itself_and_gives_it_back()
    {
        using GuestMachine first = Machine(Disk()), second = Machine(Disk());
        first.Vm.Start();
        VmException refused = Assert.Throws<VmException>(second.Vm.Start);
        Assert.Equal(VmErrorId.DiskInUse, refused.Id);
        Assert.Contains($"process {Environment.ProcessId}", refused.Message);
        Assert.Equal(MachineState.Off, second.Vm.State);
        first.Vm.TurnOff();
        second.Vm.Start();
    }

    [KvmFact]
    public void Any_number_of_machines_have_snapshots_of_one_image()
    {
        using GuestMachine first = Machine(Disk() with { Snapshot = true }), second = Machine(Disk() with { Snapshot = true });
        first.Vm.Start();
        second.Vm.Start();
        DeviceReading device = Assert.Single(first.Vm.GetDevices());
        Assert.Equal(("disk0", "snapshot", DeviceState.Idle), (device.Name, device.Backend, device.State));
    }

    [KvmFact]
    public void Limits_change_while_the_machine_runs_and_last_readings_stay()
    {
        using GuestMachine machine = Machine(Disk() with { OperationsPerSecond = 5 });
        machine.Vm.Start();
        machine.Vm.LimitDisk(0, bytesPerSecond: 1 << 20, operationsPerSecond: 0, null, null);
        Assert.Equal((1 << 20, 0), (machine.Vm.Disks[0].BytesPerSecond, machine.Vm.Disks[0].OperationsPerSecond));
        Assert.Equal(VmErrorId.DiskOptionInvalid, Assert.Throws<VmException>(() => machine.Vm.LimitDisk(0, -1, null, null, null)).Id);
        Assert.Equal(VmErrorId.DiskNotFound, Assert.Throws<VmException>(() => machine.Vm.LimitDisk(1, 1, null, null, null)).Id);
        Assert.Equal(VmErrorId.VmRunning, Assert.Throws<VmException>(() => machine.Vm.AddDisk(Disk())).Id);
        machine.Vm.TurnOff();
        Assert.Equal(0, Assert.Single(machine.Vm.GetDevices()).Counters["Reads"]);
    }

    [Fact]
    public void Disks_come_and_go_while_the_machine_is_off()
    {
        using TempFile other = new(new byte[512]);
        using GuestMachine machine = Machine(Disk());
        machine.Vm.AddDisk(new() { Path = other.Path, ReadOnly = true });
        Assert.Equal([_image.Path, other.Path], machine.Vm.Disks.Select(disk => disk.Path));
        Assert.Equal(VmErrorId.FileNotFound, Assert.Throws<VmException>(() => machine.Vm.AddDisk(new() { Path = "/nonexistent" })).Id);
        machine.Vm.RemoveDisk(0);
        Assert.Equal(other.Path, Assert.Single(machine.Vm.Disks).Path);
        Assert.Equal(VmErrorId.DiskNotFound, Assert.Throws<VmException>(() => machine.Vm.RemoveDisk(1)).Id);
    }

    [Theory]
    [InlineData("", false, "root=/dev/vdb rw")]
    [InlineData("quiet", true, "quiet root=/dev/vdb ro")]
    [InlineData("quiet -- single", false, "quiet root=/dev/vdb rw -- single")]
    [InlineData("root=LABEL=mine", false, "root=LABEL=mine")]
    public void The_kernel_is_told_of_the_root_disk_unless_it_has_been(string line, bool readOnly, string expected)
    {
        using TempFile data = new(new byte[512]);
        MachineConfiguration configuration = new()
        {
            Name = "disks",
            KernelPath = "",
            CommandLine = line,
            Disks = [new() { Path = data.Path }, Disk() with { IsRoot = true, ReadOnly = readOnly }],
        };
        Assert.Equal(expected, configuration.GuestCommandLine);
    }

    [Fact]
    public void Options_that_cannot_be_are_refused()
    {
        Refused("both read-only and a snapshot", Disk() with { ReadOnly = true, Snapshot = true });
        Refused("20 visible ASCII", Disk() with { Serial = new('x', 21) });
        Refused("20 visible ASCII", Disk() with { Serial = "ä" });
        Refused("needs a number of bytes per second", Disk() with { BurstBytes = 1 });
        Refused("from 0", Disk() with { OperationsPerSecond = -1 });
        Refused("two disks of one machine", Disk(), Disk() with { ReadOnly = true });
        Refused("Only one disk", Disk() with { IsRoot = true, Snapshot = true }, Disk() with { IsRoot = true, Snapshot = true });
        DiskConfiguration.Validate([Disk() with { ReadOnly = true, Serial = new('x', 20) }, Disk() with { Snapshot = true }]);

        static void Refused(string reason, params DiskConfiguration[] disks)
        {
            VmException refused = Assert.Throws<VmException>(() => DiskConfiguration.Validate(disks));
            Assert.Equal(VmErrorId.DiskOptionInvalid, refused.Id);
            Assert.Contains(reason, refused.Message);
        }
    }

    [Fact]
    public void A_made_disk_is_sparse_and_no_file_is_lost_unasked()
    {
        using TemporaryDirectory directory = new();
        string path = directory["disk.raw"];
        DiskMaker.Make(path, 1L << 40, fileSystem: false, null, "", replace: false);
        Assert.Equal(1L << 40, new FileInfo(path).Length);
        Assert.Equal(VmErrorId.DiskFileExists, Assert.Throws<VmException>(() => DiskMaker.Make(path, 512, false, null, "", replace: false)).Id);
        DiskMaker.Make(path, 512, false, null, "", replace: true);
        Assert.Equal(512, new FileInfo(path).Length);
        Assert.Equal(VmErrorId.DiskOptionInvalid, Assert.Throws<VmException>(() => DiskMaker.Make(directory["x"], 1000, false, null, "", false)).Id);
        Assert.Equal(VmErrorId.FileNotFound, Assert.Throws<VmException>(() => DiskMaker.Make(directory["x"], 0, true, directory["none"], "", false)).Id);
        Assert.Single(Directory.GetFiles(directory.Path));
    }

    [Fact]
    public void A_directory_becomes_a_file_system()
    {
        if (!File.Exists("/usr/sbin/mke2fs") && !File.Exists("/sbin/mke2fs")) return; // e2fsprogs is not everywhere
        using TemporaryDirectory directory = new();
        directory.Write("root/etc/hostname", "toyvm");
        string path = directory["disk.raw"];
        DiskMaker.Make(path, 0, fileSystem: true, directory["root"], "toyroot", replace: false);
        byte[] image = File.ReadAllBytes(path);
        Assert.Equal(0xef53, BitConverter.ToUInt16(image, 1024 + 56)); // ext4's magic in its superblock
        Assert.Equal("toyroot"u8, image.AsSpan(1024 + 120, 7));
        Assert.True(image.AsSpan().IndexOf("toyvm"u8) > 0);
        directory.Write("large/file", new('x', 4 << 20));
        VmException refused = Assert.Throws<VmException>(() => DiskMaker.Make(directory["small"], 1 << 20, true, directory["large"], "", false));
        Assert.Equal(VmErrorId.DiskContentFailed, refused.Id);
        Assert.False(File.Exists(directory["small"]));
    }

    [Fact]
    public async Task Making_a_file_system_ends_when_nobody_wants_it()
    {
        if (!OperatingSystem.IsLinux()) return;
        using TemporaryDirectory directory = new();
        directory.Write("bin/mke2fs", $"#!/bin/sh\necho $$ > {directory["started"]}\nsleep 1000 # a child that holds the pipes\n", (UnixFileMode)0b111_101_101);
        directory.Write("disk.raw", "mine");
        string? before = Environment.GetEnvironmentVariable("PATH");
        Environment.SetEnvironmentVariable("PATH", $"{directory["bin"]}:{before}");
        try
        {
            using CancellationTokenSource stop = new();
            Task making = Task.Run(() => DiskMaker.Make(directory["disk.raw"], 1 << 20, true, null, "", replace: true, stop.Token));
            while (!File.Exists(directory["started"]) || !File.ReadAllText(directory["started"]).EndsWith('\n')) await Task.Delay(10);
            await stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => making.WaitAsync(TimeSpan.FromSeconds(20)));
            Assert.False(Directory.Exists($"/proc/{File.ReadAllText(directory["started"]).Trim()}"));
        }
        finally
        {
            Environment.SetEnvironmentVariable("PATH", before);
        }
        Assert.Equal("mine", File.ReadAllText(directory["disk.raw"]));
        Assert.Equal(2, Directory.GetFiles(directory.Path).Length);
    }

    DiskConfiguration Disk() => new() { Path = _image.Path };

    static GuestMachine Machine(params DiskConfiguration[] disks) => new(TinyGuest.Halt, configure: plain => plain with { Disks = disks });
}
