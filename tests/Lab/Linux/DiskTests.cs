using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using PSToyVmm.Engine.Machines;
using Xunit;

namespace PSToyVmm.Tests.Linux;

/// <summary>
/// Disks with Debian's kernel, its drivers loaded from its module tree. It finds them through ACPI: with -Acpi:$false it finds
/// none, as it is built without VIRTIO_MMIO_CMDLINE_DEVICES.
/// </summary>
public sealed class DiskTests : IDisposable
{
    const int MiB = 1 << 20;

    // In memory: the lab's other files are on the host, far away.
    readonly string _folder = Directory.CreateDirectory(Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"pstoyvmm-disks-{Guid.NewGuid():n}")).FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [LinuxFact]
    public void Disks_are_what_was_asked_for_and_their_bytes_are_the_same_on_both_sides()
    {
        byte[] pattern = new byte[2 * MiB];
        new Random(4).NextBytes(pattern);
        string files = ExtFour("files.img", 64 * MiB), fixedImage = Raw("fixed.img", pattern), scratch = Raw("scratch.img", pattern), raw = Raw("raw.img", new byte[8 * MiB]);
        using LinuxGuest guest = Guest(
            new() { Path = files, Serial = "the first one" },
            new() { Path = fixedImage, ReadOnly = true },
            new() { Path = scratch, Snapshot = true },
            new() { Path = raw, CacheMode = DiskCacheMode.Writethrough }).LogIn();
        guest.Run("stty cols 250"); // a line that the shell breaks is not found again
        Assert.Equal("the first one disk1 disk2 disk3", Words(guest.Run("cd /sys/block; for d in vd?; do cat $d/serial; echo; done")));
        Assert.Equal("0 1 0 0", Words(guest.Run("cat vd?/ro")));
        Assert.Equal("write back write back write back write through", Words(guest.Run("cat vd?/queue/write_cache")));
        Assert.Equal("131072 4096 4096 16384", Words(guest.Run("cat vd?/size")));

        // What the host wrote is what the guest reads, and the other way round.
        Assert.Contains(Sum(pattern), guest.Run("sha256sum /dev/vdb"));
        guest.Run("dd if=/dev/urandom of=/dev/vdd bs=1M conv=fsync");
        Assert.Contains(Sum(File.ReadAllBytes(raw)), guest.Run("echo 3 >/proc/sys/vm/drop_caches; sha256sum /dev/vdd"));

        // Read-only refuses, at the guest's block layer and with nothing changed.
        Assert.DoesNotContain("1+0 records out", guest.Run("dd if=/dev/zero of=/dev/vdb bs=512 count=1"));

        // A snapshot takes what is written, and the image does not have it.
        guest.Run("dd if=/dev/zero of=/dev/vdc bs=1M count=1 seek=1 conv=fsync");
        byte[] changed = [.. pattern];
        changed.AsSpan(MiB, MiB).Clear();
        Assert.Contains(Sum(changed), guest.Run("echo 3 >/proc/sys/vm/drop_caches; sha256sum /dev/vdc"));

        // What a file system gives up and what is discarded becomes holes; the rest stays.
        guest.Run("mount -t ext4 /dev/vda /mnt && dd if=/dev/vdd of=/mnt/big bs=1M; sync");
        long full = Allocated(files);
        guest.Run("rm /mnt/big; sync; fstrim /mnt");
        Assert.True(full - Allocated(files) >= 7 * MiB, $"{full} bytes before, {Allocated(files)} after fstrim");
        guest.Run("blkdiscard -o 2097152 -l 4194304 /dev/vdd");
        Assert.Equal(4 * MiB, Allocated(raw));
        Assert.False(File.ReadAllBytes(raw).AsSpan(2 * MiB, 4 * MiB).ContainsAnyExcept((byte)0));
        Assert.Equal("", guest.Run("dmesg | grep -E 'I/O error|EXT4-fs error'").Trim());

        IReadOnlyDictionary<string, long> counters = guest.Vm.GetDevices()[3].Counters;
        Assert.True(counters["BytesWritten"] >= 8 * MiB && counters["Discards"] >= 1 && counters["Errors"] == 0, string.Join(' ', counters));
        guest.Type("umount /mnt; poweroff\r");
        guest.ExpectEnd(StopReason.GuestPowerOff);
        Assert.Equal(Sum(pattern), Sum(File.ReadAllBytes(scratch)));
        Assert.Equal(Sum(pattern), Sum(File.ReadAllBytes(fixedImage)));
        Run("e2fsck", "-fn", files);
    }

    [LinuxFact]
    public void A_root_disk_boots_and_keeps_what_was_written_over_a_restart()
    {
        string root = Directory.CreateDirectory(Path.Combine(_folder, "root")).FullName;
        foreach (string place in (string[])["bin", "dev", "proc", "run", "sys"]) Directory.CreateDirectory(Path.Combine(root, place));
        File.Copy(Host.Busybox!, Path.Combine(root, "bin/busybox"));
        string init = Path.Combine(root, "bin/start");
        File.WriteAllText(init, """
            #!/bin/busybox sh
            exec 2>&1
            cd /bin && busybox --install .
            echo line >> /log
            fsync /log
            grep -o '/dev/vda / ext4 rw' /proc/mounts
            echo "lines=$(grep -c . /log)"
            mount -o remount,ro /
            [ $(grep -c . /log) = 1 ] && reboot -f
            poweroff -f

            """.ReplaceLineEndings("\n"));
        Run("chmod", "755", init);
        string disk = Path.Combine(_folder, "root.img");
        DiskMaker.Make(disk, 32 * MiB, fileSystem: true, root, "", replace: false);

        using LinuxGuest guest = new("quiet init=/bin/start", initrd: LinuxGuest.DiskInitrd,
            configure: it => it with { Disks = [new() { Path = disk, IsRoot = true }], RebootAction = RebootAction.Restart });
        guest.Expect("/dev/vda / ext4 rw");
        guest.Expect("lines=1");
        guest.Expect("lines=2");
        guest.ExpectEnd(StopReason.GuestPowerOff);
        Assert.Equal(1, guest.Vm.RestartCount);
    }

    [RootLinuxFact]
    public void A_host_without_space_is_an_error_to_the_guest_which_lives_on()
    {
        string small = Directory.CreateDirectory(Path.Combine(_folder, "small")).FullName;
        Run("mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", small);
        try
        {
            string disk = Raw("small/disk.img", []);
            using (FileStream image = new(disk, FileMode.Open)) image.SetLength(16 * MiB);
            using LinuxGuest guest = Guest(new DiskConfiguration { Path = disk }).LogIn();
            Assert.Contains("I/O error", guest.Run("dd if=/dev/zero of=/dev/vda bs=1M count=8 conv=fsync"));
            DeviceReading device = guest.Vm.GetDevices()[0];
            Assert.True(device.Counters["Errors"] > 0 && device.Faults == 0 && device.State != DeviceState.Failed, $"{device.State} {string.Join(' ', device.Counters)}");
            Assert.Equal(28, device.Counters["LastErrno"]); // ENOSPC

            // With space again, or in place, writing goes on.
            guest.Run("blkdiscard /dev/vda");
            Assert.Contains("2+0 records out", guest.Run("dd if=/dev/zero of=/dev/vda bs=1M count=2 conv=fsync"));
            guest.Type("poweroff\r");
            guest.ExpectEnd(StopReason.GuestPowerOff);
        }
        finally
        {
            Run("umount", small);
        }
    }

    static LinuxGuest Guest(params DiskConfiguration[] disks) => new(initrd: LinuxGuest.DiskInitrd, configure: it => it with { Disks = disks });

    string Raw(string name, byte[] content)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, content);
        return path;
    }

    string ExtFour(string name, long size)
    {
        string path = Path.Combine(_folder, name);
        DiskMaker.Make(path, size, fileSystem: true, content: null, "", replace: false);
        return path;
    }

    static string Words(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    static string Sum(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    static long Allocated(string path) => 512 * long.Parse(Run("stat", "-c", "%b", path), CultureInfo.InvariantCulture);

    static string Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        string printed = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return printed;
    }
}
