using PSToyVmm.Engine;
using PSToyVmm.Engine.Boot;
using PSToyVmm.Engine.Memory;
using Xunit;

namespace PSToyVmm.Tests.Unit.Boot;

public sealed class BzImageTests
{
    const ulong Preferred = BzImageBuilder.Preferred;

    [Fact]
    public void Its_code_lands_at_the_preferred_address_and_nothing_lands_elsewhere()
    {
        BzImageBuilder image = new() { Trailer = [1, 2, 3] };
        using GuestMemory memory = new(4 * Kernels.MiB);

        KernelPlacement placement = Kernels.Load(image.Build(), memory);

        byte[] expected = new byte[memory.Size];
        image.Code.CopyTo(expected, (int)Preferred);
        Assert.True(memory.Slice(new(0), expected.Length).SequenceEqual(expected));
        Assert.Equal(new GuestAddress(Preferred + 0x200), placement.Entry);
        Assert.Equal((new GuestAddress(Preferred), Preferred + 0x3000), (placement.Start, placement.End));
        Assert.Equal((0x7fff_ffffu, 2047u), (placement.InitrdAddressMax, placement.CommandLineMax));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(27)]
    [InlineData(255)]
    public void Setup_sectors_are_skipped_and_zero_of_them_means_four(byte sectors)
    {
        BzImageBuilder image = new() { SetupSects = sectors };
        using GuestMemory memory = new(4 * Kernels.MiB);
        Kernels.Load(image.Build(), memory);
        Assert.True(memory.Slice(new(Preferred), image.Code.Length).SequenceEqual(image.Code));
    }

    [Fact]
    public void The_setup_header_is_kept_up_to_the_end_that_it_tells()
    {
        byte[] file = new BzImageBuilder { HeaderLength = 0x66 }.Build();
        Assert.Equal(file[0x1f1..0x268], Kernels.Placement(file).SetupHeader!.Value.ToArray());
        file = new BzImageBuilder { HeaderLength = 0xff }.Build();
        Assert.Equal(file[0x1f1..0x290], Kernels.Placement(file).SetupHeader!.Value.ToArray());
    }

    [Fact]
    public void It_needs_room_for_its_code_even_where_init_size_forgets_it() =>
        Assert.Equal(Preferred + 0x1000, Kernels.Placement(new BzImageBuilder { InitSize = 1 }.Build()).End);

    [Fact]
    public void A_relocatable_kernel_runs_at_the_next_aligned_address_as_the_protocol_computes_it()
    {
        Assert.Equal(new GuestAddress(0x40_0000), Kernels.Placement(new BzImageBuilder { PrefAddress = 0x20_1000 }.Build()).Start);
        Assert.Equal(new GuestAddress(0x20_0000), Kernels.Placement(new BzImageBuilder { PrefAddress = 0 }.Build()).Start);
        Assert.Equal(new GuestAddress(0x10_0000), Kernels.Placement(new BzImageBuilder { PrefAddress = 0, Alignment = 0x1000 }.Build()).Start);
    }

    [Fact]
    public void A_kernel_that_is_not_relocatable_runs_at_its_preferred_address_only()
    {
        Assert.Equal(new GuestAddress(0x20_1000), Kernels.Placement(new BzImageBuilder { Relocatable = 0, PrefAddress = 0x20_1000, Alignment = 3 }.Build()).Start);
        Kernels.Refuses(VmErrorId.KernelSegmentInLowMemory, new BzImageBuilder { Relocatable = 0, PrefAddress = 0x1_0000 }.Build(), "0x10000");
    }

    [Theory]
    [InlineData(0x200, "2.00")]
    [InlineData(0x20b, "2.11")]
    [InlineData(0x105, "1.05")]
    public void An_older_protocol_is_refused_with_its_number(ushort version, string shown) =>
        Kernels.Refuses(VmErrorId.KernelProtocolTooOld, new BzImageBuilder { Version = version }.Build(), shown);

    [Fact]
    public void A_zImage_is_refused() => Kernels.Refuses(VmErrorId.KernelProtocolTooOld, new BzImageBuilder { LoadFlags = 0 }.Build(), "zImage");

    [Fact]
    public void A_kernel_without_a_64_bit_entry_is_refused() =>
        Kernels.Refuses(VmErrorId.KernelNot64Bit, new BzImageBuilder { XLoadFlags = 0x3e }.Build(), "32-bit");

    [Fact]
    public void Without_the_header_magic_it_is_a_boot_sector_or_an_EFI_program()
    {
        byte[] image = new BzImageBuilder { Magic = "XXXX" }.Build();
        Kernels.Refuses(VmErrorId.KernelNotRecognized, image, "EFI program");
        image[0] = 0xea;
        Kernels.Refuses(VmErrorId.KernelNotRecognized, image, "a boot sector");
        Kernels.Refuses(VmErrorId.KernelNotRecognized, new BzImageBuilder { BootFlag = 0 }.Build());
    }

    [Fact]
    public void Sizes_that_make_no_sense_are_refused()
    {
        Kernels.Refuses(VmErrorId.KernelTruncated, new BzImageBuilder { Syssize = uint.MaxValue }.Build(), "copy or download");
        Kernels.Refuses(VmErrorId.KernelMalformed, new BzImageBuilder { Syssize = 0x20 }.Build());
        Kernels.Refuses(VmErrorId.KernelMalformed, new BzImageBuilder { PayloadOffset = 0xf01 }.Build());
        Kernels.Refuses(VmErrorId.KernelMalformed, new BzImageBuilder { PayloadOffset = uint.MaxValue, PayloadLength = uint.MaxValue }.Build());
        Kernels.Refuses(VmErrorId.KernelMalformed, new BzImageBuilder { HeaderLength = 0x65 }.Build(), "0x267");
        Kernels.Refuses(VmErrorId.KernelMalformed, new BzImageBuilder { Alignment = 0 }.Build());
        Kernels.Refuses(VmErrorId.KernelMalformed, new BzImageBuilder { Alignment = 0x30_0000 }.Build(), "0x300000");
    }

    [Theory]
    [InlineData(Preferred, uint.MaxValue)]
    [InlineData(0xbfe0_0000, 0x20_0001)]
    [InlineData(0x1_0000_0000, 0x1000)]
    [InlineData(ulong.MaxValue, 0x1000)]
    [InlineData(ulong.MaxValue - 0x1f_ffff, 0x1000)]
    public void A_kernel_that_no_machine_has_memory_for_is_refused(ulong preferred, uint initSize) =>
        Kernels.Refuses(VmErrorId.KernelSegmentOutsideMemory, new BzImageBuilder { PrefAddress = preferred, InitSize = initSize }.Build(), "init_size");

    [Fact]
    public void Cut_short_at_any_byte_it_is_refused()
    {
        byte[] whole = new BzImageBuilder { SetupSects = 1, Code = ElfBuilder.Pattern(0x310, 3) }.Build();
        Kernels.Placement(whole);
        for (int length = 1; length < whole.Length; length++)
            Assert.Equal(length < 0x206 ? VmErrorId.KernelNotRecognized : VmErrorId.KernelTruncated, Kernels.Refusal(whole[..length]).Id);
    }
}
