using System.Buffers.Binary;
using PSToyVmm.Engine;
using PSToyVmm.Engine.Boot;
using PSToyVmm.Engine.Memory;
using Xunit;

namespace PSToyVmm.Tests.Unit.Boot;

/// <summary>What the guest finds in memory, read at the offsets of zero-page.rst and boot.rst.</summary>
public sealed class BootLoaderTests
{
    static BootEntry Load(byte[] kernelBytes, GuestMemory memory, byte[]? initrdBytes = null, GuestAddress? rsdp = null, string commandLine = "quiet")
    {
        using TempFile kernelFile = new(kernelBytes), initrdFile = new(initrdBytes ?? []);
        using KernelImage kernel = KernelImage.Open(kernelFile.Path);
        return BootLoader.Load(memory, kernel, initrdBytes is null ? null : initrdFile.Path, [], commandLine, rsdp);
    }

    static byte[] ZeroPage(GuestMemory memory) => memory.Slice(new(0x7000), 4096).ToArray();

    static uint U32(byte[] page, int at) => BinaryPrimitives.ReadUInt32LittleEndian(page.AsSpan(at));

    static ulong U64(byte[] page, int at) => BinaryPrimitives.ReadUInt64LittleEndian(page.AsSpan(at));

    [Fact]
    public void A_bzImage_gets_its_own_setup_header_back_with_what_a_loader_fills_in()
    {
        byte[] image = new BzImageBuilder().Build();
        using GuestMemory memory = new(8 * Kernels.MiB);

        BootEntry entry = Load(image, memory, new byte[0x1801]);

        byte[] page = ZeroPage(memory), expected = image[0x1f1..0x26c];
        expected[0x210 - 0x1f1] = 0xff;
        BinaryPrimitives.WriteUInt32LittleEndian(expected.AsSpan(0x214 - 0x1f1), (uint)entry.Kernel.Start.Value);
        BinaryPrimitives.WriteUInt32LittleEndian(expected.AsSpan(0x218 - 0x1f1), 0x7f_e000);
        BinaryPrimitives.WriteUInt32LittleEndian(expected.AsSpan(0x21c - 0x1f1), 0x1801);
        BinaryPrimitives.WriteUInt32LittleEndian(expected.AsSpan(0x228 - 0x1f1), 0x2_0000);
        Assert.Equal(expected, page[0x1f1..0x26c]);
        Assert.Equal(0, page[0x1ef]);
    }

    [Fact]
    public void A_vmlinux_gets_a_header_as_a_bzImage_would_bring_it()
    {
        using GuestMemory memory = new(8 * Kernels.MiB);

        Load(new ElfBuilder().Build(), memory);

        byte[] page = ZeroPage(memory);
        Assert.Equal([0x55, 0xaa], page[0x1fe..0x200]);
        Assert.Equal("HdrS"u8.ToArray(), page[0x202..0x206]);
        Assert.Equal([0x0c, 0x02], page[0x206..0x208]);
        Assert.Equal((0xff, 1), (page[0x210], page[0x211]));
        Assert.Equal((0u, 0u), (U32(page, 0x218), U32(page, 0x21c)));
        Assert.Equal(0x2_0000u, U32(page, 0x228));
        Assert.Equal(0x100_0000u, U32(page, 0x230));
        Assert.Equal(2047u, U32(page, 0x238));
    }

    [Fact]
    public void All_else_in_the_zero_page_is_zero_whatever_lay_there()
    {
        using GuestMemory memory = new(8 * Kernels.MiB);
        memory.Slice(new(0x7000), 4096).Fill(0xcc);

        Load(new BzImageBuilder().Build(), memory);

        byte[] page = ZeroPage(memory);
        Assert.False(page.AsSpan(0, 0x1e8).ContainsAnyExcept((byte)0));
        Assert.False(page.AsSpan(0x1e9, 0x1f1 - 0x1e9).ContainsAnyExcept((byte)0));
        Assert.False(page.AsSpan(0x26c, 0x2d0 - 0x26c).ContainsAnyExcept((byte)0));
        Assert.False(page.AsSpan(0x2d0 + (3 * 20)).ContainsAnyExcept((byte)0));
    }

    [Fact]
    public void The_ACPI_pointer_is_passed_on()
    {
        using GuestMemory memory = new(8 * Kernels.MiB);
        Load(new BzImageBuilder().Build(), memory, rsdp: new(0xe_0000));
        Assert.Equal(0xe_0000ul, U64(ZeroPage(memory), 0x70));
    }

    [Theory]
    [InlineData(8ul << 20, 3)]
    [InlineData(4ul << 30, 4)]
    public void The_memory_map_is_that_of_a_PC(ulong size, int entries)
    {
        (ulong, ulong, uint)[] expected =
        [
            (0, 0x9_fc00, 1),
            (0x9_fc00, 0x6_0400, 2),
            (0x10_0000, Math.Min(size, 0xc000_0000) - 0x10_0000, 1),
            (0x1_0000_0000, size > 0xc000_0000 ? size - 0xc000_0000 : 0, 1),
        ];
        using GuestMemory memory = new(size);

        Load(new BzImageBuilder().Build(), memory);

        byte[] page = ZeroPage(memory);
        Assert.Equal(entries, page[0x1e8]);
        for (int i = 0, at = 0x2d0; i < entries; i++, at += 20)
            Assert.Equal(expected[i], (U64(page, at), U64(page, at + 8), U32(page, at + 16)));
    }

    [Fact]
    public void The_entry_says_what_the_registers_have_to_be()
    {
        using GuestMemory memory = new(8 * Kernels.MiB);
        BootEntry entry = Load(new BzImageBuilder().Build(), memory, [1, 2, 3]);
        Assert.Equal(new(0x20_0200), entry.Rip);
        Assert.Equal((new GuestAddress(0x7000), new GuestAddress(0x8ff0), new GuestAddress(0x9000)), (entry.BootParams, entry.StackTop, entry.PageTableRoot));
        Assert.Equal(new InitrdPlacement(new(0x7f_f000), 3), entry.Initrd);
        Assert.Equal("quiet\0"u8.ToArray(), memory.Slice(new(0x2_0000), 6).ToArray());
    }

    [Fact]
    public void The_page_tables_map_the_lowest_4_GiB_to_themselves()
    {
        using GuestMemory memory = new(8 * Kernels.MiB);
        BootEntry entry = Load(new ElfBuilder().Build(), memory);
        foreach (ulong address in (ulong[])[0, 0x7123, 0x1f_ffff, 0x20_0000, 0x3fff_ffff, 0x4000_0000, 0xbfff_ffff, 0xfee0_0000, 0xffff_ffff])
            Assert.Equal(address, Translate(memory, entry.PageTableRoot.Value, address));
        Assert.Null(Translate(memory, entry.PageTableRoot.Value, 0x1_0000_0000));
        Assert.Null(Translate(memory, entry.PageTableRoot.Value, 1ul << 39));
    }

    // As the processor walks (AMD64 manual, volume 2, 5.3.4), large pages of the second level only.
    static ulong? Translate(GuestMemory memory, ulong root, ulong address)
    {
        ulong table = root;
        foreach (int shift in (int[])[39, 30, 21])
        {
            ulong entry = memory.Ref<ulong>(new(table + ((address >> shift & 0x1ff) * 8)));
            if ((entry & 3) != 3) return null;
            table = entry & 0xf_ffff_ffff_f000;
            if (shift == 21) return (entry & 0x80) == 0 ? null : table + (address & 0x1f_ffff);
        }
        return null;
    }

    [Fact]
    public void The_descriptors_are_flat_and_lie_where_their_selectors_say()
    {
        using GuestMemory memory = new(8 * Kernels.MiB);
        Gdt gdt = Load(new ElfBuilder().Build(), memory).Gdt;
        Assert.Equal((0x10, 0x18), (gdt.Code.Selector, gdt.Data.Selector));
        foreach (SegmentDescriptor segment in (SegmentDescriptor[])[gdt.Code, gdt.Data, gdt.Task])
        {
            Assert.Equal(segment.Descriptor, memory.Ref<ulong>(gdt.Base + segment.Selector));
            Assert.Equal((0u, uint.MaxValue, 1, 1, 0), (segment.Base, segment.Limit, segment.Present, segment.Granularity, segment.Privilege));
        }
        Assert.Equal((0xb, 1, 1, 0), (gdt.Code.Type, gdt.Code.CodeOrData, gdt.Code.LongMode, gdt.Code.DefaultBig));
        Assert.Equal((0x3, 1, 0, 1), (gdt.Data.Type, gdt.Data.CodeOrData, gdt.Data.LongMode, gdt.Data.DefaultBig));
        Assert.Equal((0xb, 0), (gdt.Task.Type, gdt.Task.CodeOrData));
        Assert.Equal(0ul, memory.Ref<ulong>(gdt.Base));
        Assert.Equal(0ul, memory.Ref<ulong>(gdt.Base + 0x28));
        Assert.Equal(0x2f, gdt.Limit);
    }

    [Fact]
    public void A_descriptor_comes_apart_field_by_field()
    {
        SegmentDescriptor segment = new(0x8, 0x1254_6a78_9abc_def0);
        Assert.Equal((0x1278_9abcu, 0x4_def0u), (segment.Base, segment.Limit));
        Assert.Equal((0xa, 0, 3, 0), (segment.Type, segment.CodeOrData, segment.Privilege, segment.Present));
        Assert.Equal((1, 0, 1, 0), (segment.Available, segment.LongMode, segment.DefaultBig, segment.Granularity));
    }

    [Fact]
    public void The_boot_structures_do_not_overlap_one_another()
    {
        using GuestMemory memory = new(8 * Kernels.MiB);
        BootEntry entry = Load(new ElfBuilder().Build(), memory, commandLine: new string('x', 2047));
        (ulong Start, ulong End)[] parts =
        [
            (entry.Gdt.Base.Value, entry.Gdt.Base.Value + entry.Gdt.Limit + 1),
            (0x7000, 0x8000),
            (0x8000, entry.StackTop.Value),
            (entry.PageTableRoot.Value, entry.PageTableRoot.Value + (6 * 4096)),
            (BootLayout.CommandLine.Value, BootLayout.CommandLine.Value + BootLayout.CommandLineRoom),
            (MemoryMap.EbdaStart, MemoryMap.HighMemoryStart),
        ];
        for (int i = 1; i < parts.Length; i++) Assert.True(parts[i - 1].End <= parts[i].Start);
    }

    [Fact]
    public void The_check_beforehand_refuses_what_the_load_would()
    {
        using TempFile kernel = new(new BzImageBuilder().Build()), initrd = new(new byte[0x1000]), text = new("text"u8);
        void Check(ulong memory = 8 << 20, string commandLine = "", string? kernelPath = null, string? initrdPath = null, bool hasInitrd = true)
        {
            using KernelImage image = KernelImage.Open(kernelPath ?? kernel.Path);
            BootLoader.Check(image, hasInitrd ? initrdPath ?? initrd.Path : null, [], commandLine, memory);
        }
        static string Id(Action check) => Assert.Throws<VmException>(check).Id;

        Check();
        Check(hasInitrd: false);
        Assert.Equal(VmErrorId.KernelNotRecognized, Id(() => Check(kernelPath: text.Path)));
        Assert.Equal(VmErrorId.MemoryTooSmall, Id(() => Check(memory: 0x20_2000)));
        Assert.Equal(VmErrorId.InitrdDoesNotFit, Id(() => Check(memory: 0x20_3000)));
        Assert.Equal(VmErrorId.FileNotFound, Id(() => Check(initrdPath: "/no/such/initrd")));
        Assert.Equal(VmErrorId.CommandLineInvalid, Id(() => Check(commandLine: "a\nb")));
        Assert.Equal(VmErrorId.CommandLineTooLong, Id(() => Check(commandLine: new string('x', 2048))));
    }
}
