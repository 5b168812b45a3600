using PSToyVmm.Engine;
using PSToyVmm.Engine.Boot;
using PSToyVmm.Engine.Memory;
using Xunit;

namespace PSToyVmm.Tests.Unit.Boot.Multiboot;

public sealed class MultibootImageTests
{
    const uint Base = Kernel32Builder.Base, Addresses = 0x1_0003;

    static KernelImage Open(byte[] content, BootProtocol protocol = BootProtocol.Auto)
    {
        using TempFile file = new(content);
        return KernelImage.Open(file.Path, protocol);
    }

    [Fact]
    public void An_ELF_file_with_the_header_is_a_Multiboot_kernel_of_either_class()
    {
        Kernel32Builder narrow = new() { MemorySize = 0x3000 };
        using KernelImage kernel = Open(narrow.Elf());
        Assert.Equal((BootProtocol.Multiboot, KernelFormat.Elf), (kernel.Placement.Protocol, kernel.Format));
        Assert.Equal((new GuestAddress(Base + 48), new GuestAddress(Base), Base + 0x3000ul), (kernel.Placement.Entry, kernel.Placement.Start, kernel.Placement.End));

        byte[] wide = new ElfBuilder { Segments = [new() { Content = new Kernel32Builder().Loaded() }] }.Build();
        using KernelImage other = Open(wide), linux = Open(wide, BootProtocol.Linux);
        Assert.Equal((BootProtocol.Multiboot, BootProtocol.Linux), (other.Placement.Protocol, linux.Placement.Protocol));
    }

    [Fact]
    public void A_virtual_entry_of_a_higher_half_kernel_is_translated()
    {
        byte[] elf = new Kernel32Builder { Entry = 0xc010_0030 }.Elf();
        BitConverter.GetBytes(0xc010_0000).CopyTo(elf, 52 + 8);
        using KernelImage kernel = Open(elf);
        Assert.Equal(new GuestAddress(Base + 0x30), kernel.Placement.Entry);
    }

    [Fact]
    public void A_flat_file_goes_where_its_header_says()
    {
        Kernel32Builder flat = new() { Flags = Addresses, Gap = 0x10, Code = ElfBuilder.Pattern(0x100, 1), BssEnd = Base + 0x1000 };
        byte[] file = [.. new byte[0x20], .. flat.Flat()];
        using GuestMemory memory = new(4 * Kernels.MiB);
        memory.Slice(new(Base - 0x1000), 0x4000).Fill(0xcc);

        KernelPlacement placement = Kernels.Load(file, memory);

        Assert.Equal((new GuestAddress(Base + 0x40), new GuestAddress(Base), Base + 0x1000ul), (placement.Entry, placement.Start, placement.End));
        byte[] expected = flat.Loaded();
        Assert.True(memory.Slice(new(Base), expected.Length).SequenceEqual(expected));
        Assert.False(memory.Slice(new(Base + (ulong)expected.Length), 0x1000 - expected.Length).ContainsAnyExcept((byte)0));
        Assert.Equal((0xcc, 0xcc), (memory.Slice(new(Base - 1), 1)[0], memory.Slice(new(Base + 0x1000), 1)[0]));
    }

    [Fact]
    public void Addresses_count_also_for_an_ELF_file_and_bound_what_is_loaded()
    {
        Kernel32Builder flat = new() { Flags = Addresses, Code = new byte[0x100], LoadEnd = Base + 0x40 };
        using KernelImage kernel = Open(flat.Elf());
        Assert.Equal((KernelFormat.Flat, Base + 0x40ul), (kernel.Format, kernel.Placement.End));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(8)]
    [InlineData(8192 - 48)]
    public void The_header_may_lie_anywhere_in_the_first_8_KiB(int gap)
    {
        using KernelImage kernel = Open(new Kernel32Builder { Flags = Addresses, Gap = gap }.Flat());
        Assert.Equal(new(Base + (ulong)gap + 48), kernel.Placement.Entry);
    }

    [Fact]
    public void What_looks_like_a_header_before_the_header_is_passed_over()
    {
        byte[] file = new Kernel32Builder { Flags = Addresses, Gap = 0x40 }.Flat();
        BitConverter.GetBytes(Kernel32Builder.Magic).CopyTo(file, 4);
        using KernelImage kernel = Open(file);
        Assert.Equal(BootProtocol.Multiboot, kernel.Placement.Protocol);
    }

    [Fact]
    public void Four_bytes_by_chance_make_no_Multiboot_kernel_of_Linux()
    {
        using KernelImage kernel = Open(new ElfBuilder { Segments = [new() { Content = new Kernel32Builder { Checksum = 1 }.Loaded() }] }.Build());
        Assert.Equal(BootProtocol.Linux, kernel.Placement.Protocol);
    }

    public static TheoryData<string, string, byte[]> Faults => new()
    {
        { VmErrorId.MultibootHeaderInvalid, "checksum", new Kernel32Builder { Checksum = 7 }.Elf() },
        { VmErrorId.MultibootHeaderInvalid, "checksum", new Kernel32Builder { Flags = Addresses, Checksum = 7 }.Flat() },
        { VmErrorId.MultibootHeaderInvalid, "multiple of 4", [0, .. new Kernel32Builder { Flags = Addresses }.Flat()] },
        { VmErrorId.MultibootHeaderInvalid, "cut off", new Kernel32Builder { Flags = Addresses, Gap = 8192 - 28 }.Flat() },
        { VmErrorId.MultibootHeaderInvalid, "cut off", new Kernel32Builder { Flags = Addresses, Gap = 8192 - 8 }.Flat() },
        { VmErrorId.MultibootHeaderInvalid, "cut off", new Kernel32Builder { Flags = Addresses, MultibootSize = 12, Code = [] }.Flat() },
        { VmErrorId.MultibootHeaderInvalid, "no ELF", new Kernel32Builder().Flat() },
        { VmErrorId.MultibootHeaderInvalid, "load_addr may not be above", new Kernel32Builder { Flags = Addresses, HeaderAddress = Base - 4 }.Flat() },
        { VmErrorId.MultibootHeaderInvalid, "between load_addr and header_addr", new Kernel32Builder { Flags = Addresses, HeaderAddress = Base + 4 }.Flat() },
        { VmErrorId.MultibootHeaderInvalid, "loads nothing", new Kernel32Builder { Flags = Addresses, LoadEnd = Base }.Flat() },
        { VmErrorId.MultibootHeaderInvalid, "bss_end_addr", new Kernel32Builder { Flags = Addresses, BssEnd = Base + 8 }.Flat() },
        { VmErrorId.KernelTruncated, "0x31 of the 0x40 bytes", new Kernel32Builder { Flags = Addresses, LoadEnd = Base + 0x40 }.Flat() },
        { VmErrorId.KernelEntryOutsideSegments, "entry_addr", new Kernel32Builder { Flags = Addresses, Entry = Base - 1 }.Flat() },
        { VmErrorId.KernelEntryOutsideSegments, "entry_addr", new Kernel32Builder { Flags = Addresses, Entry = Base + 49, BssEnd = Base + 0x1000 }.Flat() },
        { VmErrorId.KernelEntryOutsideSegments, "0x200000", new Kernel32Builder { Entry = 0x20_0000 }.Elf() },
        { VmErrorId.KernelSegmentOutsideMemory, "0xbfffffe0", new Kernel32Builder { Flags = Addresses, LoadAddress = 0xbfff_ffe0 }.Flat() },
        { VmErrorId.KernelSegmentOutsideMemory, "0xc0000000", new Kernel32Builder { LoadAddress = 0xc000_0000 }.Elf() },
        { VmErrorId.KernelSegmentOutsideMemory, "0xffffffe0", new Kernel32Builder { Flags = Addresses, LoadAddress = 0xffff_ffe0 }.Flat() },
        { VmErrorId.KernelSegmentInLowMemory, "0x7c00", new Kernel32Builder { LoadAddress = 0x7c00 }.Elf() },
        { VmErrorId.KernelSegmentInLowMemory, "0x2fff0", new Kernel32Builder { Flags = Addresses, LoadAddress = 0x2_fff0 }.Flat() },
        { VmErrorId.KernelSegmentInLowMemory, "0x9fbe0", new Kernel32Builder { LoadAddress = 0x9_fbe0 }.Elf() },
        { VmErrorId.MultibootFeatureUnsupported, "video", new Kernel32Builder { Flags = 7 }.Elf() },
        { VmErrorId.MultibootFeatureUnsupported, "0x8000", new Kernel32Builder { Flags = 0x8003 }.Elf() },
        { VmErrorId.KernelArchitectureUnsupported, "ARM", new Kernel32Builder { Machine = 40 }.Elf() },
        { VmErrorId.KernelNot64Bit, "neither a Multiboot header nor a PVH note", new Kernel32Builder { Flags = null }.Elf() },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void What_is_wrong_is_named(string id, string says, byte[] content) => Kernels.Refuses(id, content, says);

    [Fact]
    public void ELF_headers_that_GNU_ld_puts_below_1_MiB_are_not_loaded()
    {
        // ld -Ttext=0x100000: one read-only segment of headers, at offset 0, before that of the code.
        byte[] elf = new Kernel32Builder { PvhEntry = Base }.Elf();
        uint[] headers = [1, 0, 0xf_f000, 0xf_f000, 0x74, 0x74, 4, 0x1000];
        for (int i = 0; i < headers.Length; i++) BitConverter.GetBytes(headers[i]).CopyTo(elf, 52 + 32 + (i * 4));
        Assert.Equal(new(Base), Kernels.Placement(elf).Start);
        elf[52 + 32 + 24] = 5; // of code it would be missed
        Kernels.Refuses(VmErrorId.KernelSegmentInLowMemory, elf, "0xff000");
    }

    [Fact]
    public void Low_memory_that_is_free_may_be_used()
    {
        KernelPlacement placement = Kernels.Placement(new Kernel32Builder { LoadAddress = 0x3_0000, MemorySize = 0x6_fc00 }.Elf());
        Assert.Equal((0x3_0000ul, 0x9_fc00ul), (placement.Start.Value, placement.End));
    }

    [Fact]
    public void A_protocol_that_the_kernel_has_not_is_refused()
    {
        static string Id(byte[] content, BootProtocol protocol) => Assert.Throws<VmException>(() => Open(content, protocol).Dispose()).Id;
        Assert.Equal(VmErrorId.BootProtocolUnavailable, Id(new ElfBuilder().Build(), BootProtocol.Multiboot));
        Assert.Equal(VmErrorId.BootProtocolUnavailable, Id(new BzImageBuilder().Build(), BootProtocol.Multiboot));
        Assert.Equal(VmErrorId.BootProtocolUnavailable, Id(new BzImageBuilder().Build(), BootProtocol.Pvh));
        Assert.Equal(VmErrorId.BootProtocolUnavailable, Id(new ElfBuilder().Build(), BootProtocol.Pvh));
        Assert.Equal(VmErrorId.MultibootHeaderInvalid, Id(new Kernel32Builder { Checksum = 1 }.Elf(), BootProtocol.Multiboot));
        Assert.Equal(VmErrorId.KernelNot64Bit, Id(new Kernel32Builder().Elf(), BootProtocol.Linux));
    }

    [Fact]
    public void Its_name_comes_before_its_command_line_as_one_word()
    {
        using TempFile file = new(new Kernel32Builder().Elf());
        string path = Path.Combine(Path.GetDirectoryName(file.Path)!, "my kernel");
        File.Move(file.Path, path, overwrite: true);
        try
        {
            using KernelImage kernel = KernelImage.Open(path);
            Assert.Equal("my_kernel root=/dev/x", kernel.Placement.CommandLine("root=/dev/x"));
            Assert.Equal("my_kernel", kernel.Placement.CommandLine(""));
        }
        finally
        {
            File.Delete(path);
        }
    }
}
