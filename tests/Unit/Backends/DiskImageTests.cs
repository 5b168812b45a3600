using PSToyVmm.Engine;
using PSToyVmm.Engine.Backends;
using Xunit;

namespace PSToyVmm.Tests.Unit.Backends;

public class DiskImageTests
{
    [Theory]
    [InlineData("514649fb00000003", "qcow2", "qemu-img convert -f qcow2 -O raw")]
    [InlineData("514649fb00000001", "qcow", "qemu-img convert -f qcow -O raw")]
    [InlineData("4b444d5601000000", "VMDK", "qemu-img convert -f vmdk -O raw")]
    [InlineData("76686478666966c5", null, null)]
    [InlineData("7668647866696c65", "VHDX", "qemu-img convert -f vhdx -O raw")]
    [InlineData("636f6e6563746978", "VHD", "qemu-img convert -f vpc -O raw")]
    [InlineData("51454400", "QED", "qemu-img convert -f qed -O raw")]
    [InlineData("fd377a585a00", "xz-compressed", "xz -dc")]
    [InlineData("1f8b0800", "gzip-compressed", "gzip -dc")]
    [InlineData("28b52ffd", "zstd-compressed", "zstd -dc")]
    [InlineData("504b0304", "ZIP", "unzip")]
    [InlineData("eb63900000000000", null, null)]
    public void An_image_of_another_format_is_refused_with_the_command_that_converts_it(string head, string? format, string? command)
    {
        byte[] bytes = new byte[4096];
        Convert.FromHexString(head).CopyTo(bytes, 0);
        using TempFile file = new(bytes);

        if (format is null)
        {
            DiskImage.Check(file.Path, readOnly: false, raw: false);
            return;
        }
        VmException refused = Assert.Throws<VmException>(() => DiskImage.Check(file.Path, readOnly: false, raw: false));
        Assert.Equal(VmErrorId.DiskFormatUnsupported, refused.Id);
        Assert.Contains($" {format} ", refused.Message);
        Assert.Contains($"{command} '{file.Path}'", refused.Message);
        DiskImage.Check(file.Path, readOnly: false, raw: true);
    }

    [Fact]
    public void A_VHD_of_fixed_size_is_known_by_its_end()
    {
        byte[] bytes = new byte[8192];
        "conectix"u8.CopyTo(bytes.AsSpan(bytes.Length - 512));
        bytes[^(512 - 13)] = 1; // version 1.0, big-endian
        using TempFile file = new(bytes);
        Assert.Contains("VHD", Assert.Throws<VmException>(() => DiskImage.Check(file.Path, readOnly: true, raw: false)).Message);
    }

    [Fact]
    public void A_VDI_is_known_behind_its_text()
    {
        byte[] bytes = new byte[8192];
        new byte[] { 0x7f, 0x10, 0xda, 0xbe }.CopyTo(bytes, 0x40);
        using TempFile file = new(bytes);
        Assert.Contains("VDI", Assert.Throws<VmException>(() => DiskImage.Check(file.Path, readOnly: true, raw: false)).Message);
    }

    [Fact]
    public void An_odd_sized_image_is_read_to_whole_sectors_and_not_written()
    {
        using TempFile file = new(new byte[1000]);
        VmException refused = Assert.Throws<VmException>(() => DiskImage.Open(file.Path, readOnly: false, raw: false));
        Assert.Equal(VmErrorId.DiskSizeInvalid, refused.Id);
        Assert.Contains("truncate -s %512", refused.Message);
        using DiskImage image = DiskImage.Open(file.Path, readOnly: true, raw: false);
        Assert.Equal(1024ul, image.Capacity);
    }

    [Fact]
    public void An_empty_image_is_refused()
    {
        using TempFile file = new([]);
        Assert.Equal(VmErrorId.DiskSizeInvalid, Assert.Throws<VmException>(() => DiskImage.Check(file.Path, readOnly: true, raw: false)).Id);
    }

    [Theory]
    [InlineData("/nonexistent/disk.raw", VmErrorId.FileNotFound)]
    [InlineData("/tmp", VmErrorId.PathIsDirectory)]
    [InlineData("/dev/null", VmErrorId.DiskFormatUnsupported)]
    [InlineData("/proc/version", VmErrorId.DiskSizeInvalid)]
    public void What_is_no_image_is_refused(string path, string id) =>
        Assert.Equal(id, Assert.Throws<VmException>(() => DiskImage.Check(path, readOnly: true, raw: false)).Id);

    [SmallFileSystemFact]
    public void An_image_that_may_not_be_written_can_be_read()
    {
        using SmallFileSystem files = new(megabytes: 1);
        string path = files.CreateSparse("disk.raw", 4096);
        files.MakeReadOnly();
        VmException refused = Assert.Throws<VmException>(() => DiskImage.Check(path, readOnly: false, raw: false));
        Assert.Equal(VmErrorId.FileUnwritable, refused.Id);
        Assert.Contains("-ReadOnly", refused.Message);
        DiskImage.Check(path, readOnly: true, raw: false);
    }

    [Fact]
    public void A_disk_has_one_writer_and_the_error_names_it()
    {
        using TempFile file = new(new byte[512]);
        using DiskImage first = DiskImage.Open(file.Path, readOnly: false, raw: false);
        foreach (bool readOnly in new[] { false, true })
        {
            VmException refused = Assert.Throws<VmException>(() => DiskImage.Open(file.Path, readOnly, raw: false));
            Assert.Equal(VmErrorId.DiskInUse, refused.Id);
            Assert.Contains($"process {Environment.ProcessId}", refused.Message);
        }
    }

    [Fact]
    public void A_disk_has_any_number_of_readers_but_then_no_writer()
    {
        using TempFile file = new(new byte[512]);
        using DiskImage first = DiskImage.Open(file.Path, readOnly: true, raw: false), second = DiskImage.Open(file.Path, readOnly: true, raw: false);
        Assert.Equal(VmErrorId.DiskInUse, Assert.Throws<VmException>(() => DiskImage.Open(file.Path, readOnly: false, raw: false)).Id);
    }

    [Fact]
    public void A_disk_that_is_closed_is_free_again()
    {
        using TempFile file = new(new byte[512]);
        DiskImage.Open(file.Path, readOnly: false, raw: false).Dispose();
        DiskImage.Open(file.Path, readOnly: false, raw: false).Dispose();
    }
}
