using System.IO.Compression;
using CsCheck;
using PSToyVmm.Engine;
using PSToyVmm.Engine.Boot.Initramfs;
using PSToyVmm.Engine.Boot.Initramfs.KernelModules;
using Xunit;

namespace PSToyVmm.Tests.Unit.Boot.Initramfs.KernelModules;

public sealed class KernelModuleTreeTests : IDisposable
{
    readonly ModuleTreeBuilder _tree = new();

    public void Dispose() => _tree.Dispose();

    [Fact]
    public void A_module_comes_after_all_that_modules_dep_says_it_needs_and_each_once()
    {
        // As depmod writes it: the whole closure in each line, the first to load last.
        _tree.Add("blk.ko").Add("net.ko").Add("ring.ko").Add("virtio.ko").Write("modules.dep",
            "kernel/blk.ko: kernel/virtio.ko kernel/ring.ko", "kernel/net.ko: kernel/ring.ko", "kernel/virtio.ko: kernel/ring.ko", "kernel/ring.ko:", "damaged");
        Assert.Equal("ring virtio blk net", _tree.Resolve("blk", "net", "blk"));
    }

    [Fact]
    public void Where_depmod_never_ran_the_modules_are_asked_what_they_need()
    {
        _tree.Add("a/blk.ko", "depends=virtio,ring").Add("b/virtio.ko", "depends=ring").Add("ring.ko", "depends=");
        Assert.Equal("ring virtio blk", _tree.Resolve("blk"));
    }

    [Fact]
    public void What_is_built_in_is_neither_loaded_nor_missed()
    {
        _tree.Add("blk.ko", "depends=virtio").Write("modules.builtin", "kernel/virtio.ko", "kernel/fs/ext4/ext4.ko");
        Assert.Equal("blk", _tree.Resolve("ext4", "blk", "ext?"));
    }

    [Theory, InlineData(true), InlineData(false)]
    public void What_a_module_is_better_with_is_found_by_its_aliases(bool depmod)
    {
        _tree.Add("ext4.ko", "depends=", "softdep=pre: crypto-crc32c nowhere post: later").Add("crc32c-intel.ko", "alias=crypto-crc32c").Add("crc32c_generic.ko", "alias=crypto-crc32c", "alias=crc32c")
            .Add("crc32c_other.ko").Add("later.ko");
        if (depmod)
        {
            _tree.Write("modules.alias", "# Aliases", "alias crypto-crc32c crc32c_generic", "alias crypto-crc32c crc32c_intel", "alias crypto-crc32c not_there")
                .Write("modules.dep", "kernel/ext4.ko:", "kernel/crc32c-intel.ko:", "kernel/crc32c_generic.ko:", "kernel/later.ko:");
        }
        Assert.Equal("crc32c_generic crc32c_intel ext4 later", _tree.Resolve("ext4"));
    }

    [Fact]
    public void A_circle_of_what_modules_are_better_with_ends()
    {
        _tree.Add("a.ko", "softdep=pre: b").Add("b.ko", "depends=a", "softdep=post: a");
        Assert.Equal("b a", _tree.Resolve("a"));
    }

    [Fact]
    public void A_circle_of_what_modules_need_is_refused()
    {
        _tree.Add("a.ko").Add("b.ko").Add("c.ko").Write("modules.dep", "kernel/a.ko: kernel/b.ko", "kernel/b.ko: kernel/c.ko", "kernel/c.ko: kernel/a.ko");
        AssertFails(VmErrorId.KernelModuleInvalid, "needs itself, by way of a, b, c", "a");
    }

    [Fact]
    public void What_is_needed_and_not_there_is_named()
    {
        _tree.Add("a.ko", "depends=b");
        AssertFails(VmErrorId.KernelModuleNotFound, "The module a needs b", "a");
        _tree.Write("modules.dep", "kernel/gone.ko:");
        AssertFails(VmErrorId.FileNotFound, "gone.ko", "gone");
    }

    [Fact]
    public void Hyphens_and_underscores_are_equal_and_patterns_are_known()
    {
        _tree.Add("virtio-rng.ko").Add("virtio_blk.ko").Add("vfat.ko");
        Assert.Equal("virtio_blk virtio_rng", _tree.Resolve("virtio-blk", "virtio_rng"));
        Assert.Equal("virtio_blk virtio_rng", _tree.Resolve("virtio-*"));
    }

    [Theory]
    [InlineData("virtio_block", "virtio_blk")]
    [InlineData("vfta", "vfat")]
    [InlineData("virtio", "virtio_blk, virtio_rng")]
    [InlineData("x*", "see what is there")]
    public void An_unknown_module_is_told_with_those_that_may_be_meant(string name, string near)
    {
        _tree.Add("virtio-rng.ko").Add("virtio_blk.ko").Write("modules.builtin", "kernel/vfat.ko");
        AssertFails(VmErrorId.KernelModuleNotFound, near, name);
    }

    [Fact]
    public void A_kernel_without_some_of_the_usual_modules_is_given_the_others()
    {
        _tree.Add("virtio_mmio.ko").Add("virtio_blk.ko").Write("modules.builtin", "kernel/ext4.ko");
        Assert.Equal(["virtio_mmio", "virtio_blk"], KernelModuleTree.Open(_tree.Directory, null).Resolve(null).Select(module => module.Name));
    }

    // "xz --check=crc32" and "zstd -19" of ModuleBuilder.Build().
    [Theory]
    [InlineData("xz", "/Td6WFoAAAFpIt42AgAhARYAAAB0L+Wj4AE2AGFdAD+RRYRoPYmm2pymrEU3dgHRc6h6A9LFTLPUDxBFrCu+y3TYVOxu8RjiAKXztLyt3FLsSqGe4Evh6icTUR96klSrb1mftaXrHXV0tk49QlHeOR5PczS1NfZqoVkTvQ9XqmUAAAAAOJz2VgABebcCAAAAW5SW5z4wDYsCAAAAAAFZWg==")]
    [InlineData("zst", "KLUv/QRoPQMAcoUUGlB3DmCOsJBPpt0Iqk8QA6I1u1UrGCksJCQFF14ffDj0+HltZ1oX3cbTaZ4JdiYKatADmTDL4o3yLtm8Ze7i6LvSsNuY/vLA678nj49RLowSBgoQAAJjWMECY1jBXQkimJKXC7T8kPY=")]
    [InlineData("gz", null)]
    public void A_compressed_module_is_unpacked(string extension, string? packed)
    {
        byte[] bytes = packed is null ? Gzip(ModuleBuilder.Build()) : Convert.FromBase64String(packed);
        _tree.AddFile($"kernel/a.ko.{extension}", bytes).AddFile($"kernel/b.ko.{extension}", bytes[..(bytes.Length / 2)]);
        KernelModule module = Assert.Single(KernelModuleTree.Open(_tree.Directory, null).Resolve(["a"]));
        Assert.Equal(ModuleBuilder.Build(), module.Content);
        Assert.Equal("kernel/a.ko", module.Place);
        AssertFails(VmErrorId.KernelModuleInvalid, $"b.ko.{extension}", "b");
    }

    [Fact]
    public void What_is_no_module_is_refused_and_never_otherwise()
    {
        byte[] module = ModuleBuilder.Build("depends=a,b", "softdep=pre: c");
        Gen.Select(Gen.Select(Gen.Int[0, module.Length - 1], Gen.Byte).Array[0, 6], Gen.Int[0, module.Length], (changes, length) =>
        {
            byte[] mutant = [.. module];
            foreach ((int at, byte value) in changes) mutant[at] = value;
            return mutant[..length];
        }).Sample(mutant => { _ = ModuleInfo.Read(mutant); }, iter: 20_000);
        _tree.AddFile("kernel/text.ko", "text"u8.ToArray()).AddFile("kernel/empty.ko", []);
        AssertFails(VmErrorId.KernelModuleInvalid, "is no module", "text");
        AssertFails(VmErrorId.KernelModuleInvalid, "is no module", "empty");
    }

    [Fact]
    public void The_modules_are_found_by_their_kernel()
    {
        _tree.Add("virtio_blk.ko");
        string kernel = _tree.Kernel(BzImage(ModuleBuilder.Release));
        KernelModuleTree beside = KernelModuleTree.Open(null, kernel);
        Assert.Equal((ModuleBuilder.Release, 1), (beside.Release, beside.Resolve(null).Count));
        Assert.Single(KernelModuleTree.Open(_tree.Root, kernel).Resolve(null));
        Assert.Single(KernelModuleTree.Open(_tree.Root, null).Resolve(null));
        Assert.Single(KernelModuleTree.Open(Path.GetDirectoryName(_tree.Directory), null).Resolve(null));
    }

    [Fact]
    public void The_modules_of_another_kernel_are_refused()
    {
        _tree.Add("virtio_blk.ko");
        string kernel = _tree.Kernel(BzImage("6.12.0"));
        AssertFails(VmErrorId.KernelModuleInvalid, "for Linux 6.1.0-toy, and the kernel is 6.12.0", () => KernelModuleTree.Open(_tree.Directory, kernel).Resolve(null));
        AssertFails(VmErrorId.KernelModuleTreeNotFound, "/lib/modules/6.12.0", () => KernelModuleTree.Open(null, kernel));
        AssertFails(VmErrorId.KernelModuleTreeNotFound, "does not tell", () => KernelModuleTree.Open(null, _tree.Kernel("text"u8.ToArray())));
        AssertFails(VmErrorId.KernelModuleTreeNotFound, "modules.dep", () => KernelModuleTree.Open(Path.Combine(_tree.Root, "boot"), null));
        AssertFails(VmErrorId.KernelModuleTreeNotFound, "-ModuleTree", () => KernelModuleTree.Open(null, null));
        AssertFails(VmErrorId.FileNotFound, "none", () => KernelModuleTree.Open(null, Path.Combine(_tree.Root, "none")));
    }

    [Theory]
    [InlineData(0)]
    [InlineData((1 << 20) - 300)]
    [InlineData((1 << 20) - 110)]
    [InlineData((1 << 20) - 100)]
    [InlineData(3 << 20)]
    public void The_release_of_a_vmlinux_is_in_its_banner(int at)
    {
        byte[] other = "%s version %s Linux version %s "u8.ToArray(), banner = "Linux version 6.1.0-toy (who@where)"u8.ToArray();
        Assert.Equal("6.1.0-toy", KernelRelease.Read(_tree.Kernel([.. new ElfBuilder().Build()[..64], .. other, .. new byte[at], .. banner])));
        Assert.Null(KernelRelease.Read(_tree.Kernel([.. new ElfBuilder().Build()[..64], .. other])));
    }

    [Fact]
    public void An_initrd_has_them_unpacked_and_a_script_that_loads_them()
    {
        _tree.AddFile("kernel/fs/b.ko.gz", Gzip(ModuleBuilder.Build("depends=a"))).Add("a.ko");
        InitramfsBuilder builder = new();
        builder.AddKernelModules(KernelModuleTree.Open(_tree.Directory, null), ["b"]);
        using MemoryStream output = new();
        builder.WriteTo(output);
        Dictionary<string, CpioEntry> files = CpioReader.ByName(output.ToArray());
        const string Place = $"/lib/modules/{ModuleBuilder.Release}/kernel";
        Assert.EndsWith($"\ninsmod {Place}/a.ko\ninsmod {Place}/fs/b.ko\n", files["etc/init.d/modules"].Text, StringComparison.Ordinal);
        Assert.Equal((UnixFileMode)0b111_101_101, files["etc/init.d/modules"].Permissions);
        Assert.Equal(ModuleBuilder.Build("depends=a").Length, files[$"{Place[1..]}/fs/b.ko"].Text.Length);
    }

    static byte[] BzImage(string release)
    {
        byte[] file = new BzImageBuilder().Build();
        BitConverter.GetBytes((ushort)0x300).CopyTo(file, 0x20e);
        System.Text.Encoding.ASCII.GetBytes($"{release} (who@where) #1 SMP\0").CopyTo(file, 0x500);
        return file;
    }

    static byte[] Gzip(byte[] content)
    {
        using MemoryStream packed = new();
        using (GZipStream stream = new(packed, CompressionLevel.SmallestSize)) stream.Write(content);
        return packed.ToArray();
    }

    void AssertFails(string id, string says, params string[] names) => AssertFails(id, says, () => _tree.Resolve(names));

    static void AssertFails(string id, string says, Action act)
    {
        VmException failure = Assert.Throws<VmException>(act);
        Assert.Equal(id, failure.Id);
        Assert.Contains(says, failure.Message, StringComparison.Ordinal);
    }
}
