using System.Text;
using PSToyVmm.Engine;
using PSToyVmm.Engine.Boot;
using PSToyVmm.Engine.Memory;
using Xunit;

namespace PSToyVmm.Tests.Unit.Boot;

public sealed class KernelImageTests
{
    static VmException Refusal(string path) => Assert.Throws<VmException>(() => KernelImage.Open(path).Dispose());

    [Theory]
    [InlineData("/no/such/file")]
    [InlineData("/etc/passwd/below")]
    [InlineData("")]
    [InlineData("with\0nul")]
    public void A_file_that_is_not_there_is_not_found(string path) =>
        Assert.Equal((VmErrorId.FileNotFound, VmErrorKind.NotFound), (Refusal(path).Id, Refusal(path).Kind));

    [Fact]
    public void A_directory_is_named_as_such() => Assert.Equal(VmErrorId.PathIsDirectory, Refusal(Path.GetTempPath()).Id);

    [Fact]
    public void An_empty_file_is_named_as_such_and_so_is_a_device()
    {
        using TempFile file = new([]);
        Assert.Equal(VmErrorId.FileEmpty, Refusal(file.Path).Id);
        Assert.Equal(VmErrorId.FileEmpty, Refusal("/dev/zero").Id);
    }

    [UnreadableFileFact]
    public void A_file_without_permission_to_read_is_named_as_such()
    {
        using TempFile file = new("kernel"u8);
        VmException refusal = Refusal(UnreadableFileFactAttribute.Make(file.Path));
        Assert.Equal((VmErrorId.FileUnreadable, VmErrorKind.PermissionDenied), (refusal.Id, refusal.Kind));
    }

    [Fact]
    public void The_format_is_told_by_the_bytes_and_never_by_the_name()
    {
        using TempFile elf = new(new ElfBuilder().Build()), image = new(new BzImageBuilder().Build());
        using KernelImage first = KernelImage.Open(elf.Path), second = KernelImage.Open(image.Path);
        Assert.Equal((KernelFormat.Elf, KernelFormat.BzImage), (first.Format, second.Format));
    }

    public static TheoryData<byte[], string> Strangers => new()
    {
        { [0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10], "PNG" },
        { [0x1f, 0x8b, 8, 0], "gzip" },
        { [0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0], "xz" },
        { [0x28, 0xb5, 0x2f, 0xfd], "zstd" },
        { [0x04, 0x22, 0x4d, 0x18], "lz4" },
        { [0x02, 0x21, 0x4c, 0x18], "lz4" },
        { "BZh91AY"u8.ToArray(), "bzip2" },
        { "070701000"u8.ToArray(), "cpio" },
        { At(257, "ustar"u8), "tar" },
        { "!<arch>\ndebian-binary"u8.ToArray(), "Debian package" },
        { [(byte)'Q', (byte)'F', (byte)'I', 0xfb], "qcow2" },
        { At(512, "EFI PART"u8), "GPT" },
        { At(1080, [0x53, 0xef]), "ext4" },
        { At(510, [0x55, 0xaa]), "boot sector" },
        { At(0, "MZ"u8), "PE" },
        { "#!/bin/sh\nexit\n"u8.ToArray(), "a script" },
        { "<!DOCTYPE html><html>"u8.ToArray(), "HTML" },
        { "Not a kernel.\n"u8.ToArray(), "is text" },
        { Encoding.UTF8.GetBytes(new string('ä', 3000)), "is text" },
        { new byte[9999], "zeros" },
        { [1, 2, 3, 4], "is not a kernel" },
    };

    [Theory]
    [MemberData(nameof(Strangers))]
    public void What_is_no_kernel_is_named_after_its_look(byte[] content, string look) => Kernels.Refuses(VmErrorId.KernelNotRecognized, content, look);

    [Fact]
    public void Kernels_of_other_architectures_are_named()
    {
        Kernels.Refuses(VmErrorId.KernelArchitectureUnsupported, At(56, [.. "ARM"u8, 0x64]), "an ARM64 Image; PSToyVmm boots x86-64 vmlinux (ELF) or bzImage");
        Kernels.Refuses(VmErrorId.KernelArchitectureUnsupported, At(56, [.. "RSC"u8, 0x05]), "RISC-V");
    }

    [Fact]
    public void Too_little_memory_is_refused_with_the_number_of_bytes_needed()
    {
        using TempFile file = new(new BzImageBuilder { InitSize = 0x20_0001 }.Build());
        using KernelImage kernel = KernelImage.Open(file.Path);
        VmException refusal = Assert.Throws<VmException>(() => kernel.RequireMemory(0x40_0000));
        Assert.Equal(VmErrorId.MemoryTooSmall, refusal.Id);
        Assert.Contains($"{0x40_1000} bytes", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("5 MiB", refusal.Message, StringComparison.Ordinal);
        kernel.RequireMemory(0x40_1000);

        using GuestMemory memory = new(0x40_0000);
        Assert.Equal(VmErrorId.MemoryTooSmall, Assert.Throws<VmException>(() => kernel.Load(memory)).Id);
        Assert.False(memory.Slice(new(0), (int)memory.Size).ContainsAnyExcept((byte)0));
    }

    [Fact]
    public void A_file_cut_short_between_open_and_load_is_truncated()
    {
        using TempFile file = new(new ElfBuilder().Build());
        using KernelImage kernel = KernelImage.Open(file.Path);
        using (FileStream stream = new(file.Path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) stream.SetLength(200);
        using GuestMemory memory = new(4 * Kernels.MiB);
        Assert.Equal(VmErrorId.KernelTruncated, Assert.Throws<VmException>(() => kernel.Load(memory)).Id);
    }

    [Fact]
    public void A_file_replaced_between_open_and_load_changes_nothing()
    {
        ElfBuilder elf = new();
        using TempFile file = new(elf.Build()), other = new("other"u8);
        using KernelImage kernel = KernelImage.Open(file.Path);
        File.Move(other.Path, file.Path, overwrite: true);
        using GuestMemory memory = new(4 * Kernels.MiB);
        kernel.Load(memory);
        Assert.True(memory.Slice(new(ElfBuilder.Base), elf.Segments[0].Content.Length).SequenceEqual(elf.Segments[0].Content));
    }

    static byte[] At(int offset, ReadOnlySpan<byte> magic)
    {
        byte[] file = new byte[4096];
        file.AsSpan().Fill(0x90);
        magic.CopyTo(file.AsSpan(offset));
        return file;
    }
}
