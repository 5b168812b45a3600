using PSToyVmm.Engine;
using PSToyVmm.Engine.Backends;
using PSToyVmm.Engine.Virtio.Block;
using Xunit;

namespace PSToyVmm.Tests.Unit.Backends;

/// <summary>Block devices of the host's as disks.</summary>
public class BlockDeviceFileTests
{
    const int Size = 1 << 20;

    [LoopDeviceFact]
    public void A_block_device_is_read_written_discarded_and_zeroed()
    {
        using LoopDevice device = new([.. Enumerable.Repeat((byte)1, Size)]);
        foreach (string engine in new[] { "io_uring", "pread/pwrite" })
        {
            using DiskRig disk = new(device.Path, engine) { Backend = { Writethrough = engine == "io_uring" } };
            Assert.Equal((ulong)Size, disk.Backend.Capacity);
            byte[] data = new byte[16 << 10];
            Assert.Equal(0, disk.Write(0, [.. Enumerable.Repeat((byte)2, data.Length)], 3));
            Assert.Equal(0, disk.Run(BlockOperation.WriteZeroes, 4096, 4096));
            Assert.Equal(0, disk.Run(BlockOperation.Discard, 8192, 4096));
            Assert.Equal(0, disk.Run(BlockOperation.Flush));
            Assert.Equal(0, disk.Read(0, data, 2));
            Assert.All(data[..4096], value => Assert.Equal(2, value));
            Assert.All(data[4096..12288], value => Assert.Equal(0, value));
            Assert.All(data[12288..], value => Assert.Equal(2, value));
        }
    }

    [LoopDeviceFact]
    public void A_block_device_has_one_writer_and_the_error_names_it()
    {
        using LoopDevice device = new(new byte[Size]);
        using DiskImage first = DiskImage.Open(device.Path, readOnly: false, raw: false);
        VmException refused = Assert.Throws<VmException>(() => DiskImage.Open(device.Path, readOnly: false, raw: false));
        Assert.Equal(VmErrorId.DiskInUse, refused.Id);
        Assert.Contains($"process {Environment.ProcessId}", refused.Message);
    }

    [LoopDeviceFact]
    public void A_mounted_block_device_can_only_be_read()
    {
        using LoopDevice device = new(new byte[8 << 20]);
        Commands.Run("mke2fs", "-q", "-F", device.Path);
        string directory = Directory.CreateTempSubdirectory("pstoyvmm-mount-").FullName;
        Commands.Run("mount", device.Path, directory);
        try
        {
            VmException refused = Assert.Throws<VmException>(() => DiskImage.Open(device.Path, readOnly: false, raw: false));
            Assert.Equal(VmErrorId.DiskInUse, refused.Id);
            Assert.Contains("mounted", refused.Message);
            DiskImage.Open(device.Path, readOnly: true, raw: false).Dispose();
        }
        finally
        {
            Commands.Run("umount", directory);
            Directory.Delete(directory);
        }
    }
}
