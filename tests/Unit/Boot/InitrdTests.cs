using PSToyVmm.Engine;
using PSToyVmm.Engine.Boot;
using PSToyVmm.Engine.Memory;
using Xunit;

namespace PSToyVmm.Tests.Unit.Boot;

public sealed class InitrdTests
{
    const ulong KernelEnd = 0x20_0123;

    static KernelPlacement Kernel(uint initrdMax = uint.MaxValue) => new(new(0x10_0000), new(0x10_0000), KernelEnd, null, initrdMax, 2047);

    [Theory]
    [InlineData(1, 0x3f_f000)]
    [InlineData(0x1000, 0x3f_f000)]
    [InlineData(0x1001, 0x3f_e000)]
    public void It_lies_at_the_highest_page_of_memory_byte_for_byte(int size, ulong expected)
    {
        byte[] content = ElfBuilder.Pattern(size, 5);
        using TempFile file = new(content);
        using GuestMemory memory = new(4 * Kernels.MiB);

        InitrdPlacement placement = Initrd.Load(memory, file.Path, Kernel());

        Assert.Equal(new InitrdPlacement(new(expected), (ulong)size), placement);
        byte[] whole = new byte[memory.Size];
        content.CopyTo(whole, (int)expected);
        Assert.True(memory.Slice(new(0), whole.Length).SequenceEqual(whole));
    }

    [Theory]
    [InlineData(0x37_ffff, 0x37_f000)]
    [InlineData(0x37_fffe, 0x37_e000)]
    [InlineData(0x38_0000, 0x37_f000)]
    public void Its_last_byte_is_no_higher_than_the_kernel_allows(uint max, ulong expected)
    {
        using TempFile file = new(new byte[0x1000]);
        using GuestMemory memory = new(4 * Kernels.MiB);
        Assert.Equal(new GuestAddress(expected), Initrd.Load(memory, file.Path, Kernel(max)).Start);
    }

    [Fact]
    public void In_a_large_guest_it_lies_below_the_MMIO_hole()
    {
        using TempFile file = new(new byte[0x1000]);
        using GuestMemory memory = new(6ul << 30);
        Assert.Equal(new GuestAddress(GuestMemory.HoleStart - 0x1000), Initrd.Load(memory, file.Path, Kernel()).Start);
    }

    [Fact]
    public void It_fits_to_the_last_page_above_the_kernel_and_not_a_byte_further()
    {
        const int Room = 0x40_0000 - 0x20_1000;
        using TempFile fits = new(new byte[Room]), tooLarge = new(new byte[Room + 1]);
        using GuestMemory memory = new(4 * Kernels.MiB);

        Assert.Equal(new GuestAddress(0x20_1000), Initrd.Load(memory, fits.Path, Kernel()).Start);
        VmException refusal = Assert.Throws<VmException>(() => Initrd.Load(memory, tooLarge.Path, Kernel()));

        Assert.Equal(VmErrorId.InitrdDoesNotFit, refusal.Id);
        Assert.Contains($"has {Room + 1} bytes", refusal.Message, StringComparison.Ordinal);
        Assert.Contains($"there are {Room}.", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("at least 5 MiB", refusal.Message, StringComparison.Ordinal);
        Initrd.Check(tooLarge.Path, Kernel(), 5 * Kernels.MiB);
    }

    [Theory]
    [InlineData(0x1fff)]
    [InlineData(0x20_0fff)]
    [InlineData(0x20_1ffe)]
    [InlineData(0)]
    public void Where_the_kernels_own_limit_is_too_low_more_memory_is_not_advised(uint max)
    {
        using TempFile file = new(new byte[0x1000]);
        VmException refusal = Assert.Throws<VmException>(() => Initrd.Check(file.Path, Kernel(max), 64 * Kernels.MiB));
        Assert.Equal(VmErrorId.InitrdDoesNotFit, refusal.Id);
        Assert.Contains("smaller initrd", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bad_files_have_the_ids_they_have_as_kernels()
    {
        using TempFile empty = new([]);
        Assert.Equal(VmErrorId.FileEmpty, Refusal(empty.Path).Id);
        Assert.Equal(VmErrorId.FileNotFound, Refusal("/no/such/initrd").Id);
        Assert.Equal(VmErrorId.PathIsDirectory, Refusal("/tmp").Id);
        Assert.Contains("initrd", Refusal("/no/such/initrd").Message, StringComparison.Ordinal);
    }

    static VmException Refusal(string path) => Assert.Throws<VmException>(() => Initrd.Check(path, Kernel(), 64 * Kernels.MiB));
}
