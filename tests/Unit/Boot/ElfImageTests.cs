using PSToyVmm.Engine;
using PSToyVmm.Engine.Boot;
using PSToyVmm.Engine.Memory;
using Xunit;

namespace PSToyVmm.Tests.Unit.Boot;

public sealed class ElfImageTests
{
    const ulong Base = ElfBuilder.Base;

    [Fact]
    public void Every_segment_lands_at_its_physical_address_and_nothing_lands_elsewhere()
    {
        byte[] text = ElfBuilder.Pattern(0x1801, 1), data = ElfBuilder.Pattern(0x345, 2);
        ElfBuilder elf = new() { Segments = [new() { Content = text }, new() { Physical = Base + 0x2000, Virtual = 0, Content = data, MemorySize = 0x1000 }] };
        using GuestMemory memory = new(4 * Kernels.MiB);

        KernelPlacement placement = Kernels.Load(elf.Build(), memory);

        byte[] expected = new byte[memory.Size];
        text.CopyTo(expected, (int)Base);
        data.CopyTo(expected, (int)Base + 0x2000);
        Assert.True(memory.Slice(new(0), expected.Length).SequenceEqual(expected));
        Assert.Equal(new KernelPlacement(new(Base), new(Base), Base + 0x3000, null, uint.MaxValue, 2047), placement);
    }

    [Fact]
    public void What_a_segment_has_in_memory_and_not_in_the_file_is_zeroed_and_no_byte_more()
    {
        ElfBuilder elf = new() { Segments = [new() { Content = ElfBuilder.Pattern(0x10, 1), MemorySize = 0x1234 }] };
        using GuestMemory memory = new(4 * Kernels.MiB);
        memory.Slice(new(Base - 0x1000), 0x4000).Fill(0xcc);

        Kernels.Load(elf.Build(), memory);

        Assert.Equal(0xcc, memory.Slice(new(Base - 1), 1)[0]);
        Assert.False(memory.Slice(new(Base + 0x10), 0x1224).ContainsAnyExcept((byte)0));
        Assert.Equal(0xcc, memory.Slice(new(Base + 0x1234), 1)[0]);
    }

    [Fact]
    public void A_virtual_entry_is_translated_by_the_segment_that_holds_it()
    {
        ElfBuilder elf = new() { Entry = 0xffff_ffff_8000_0000 + Base + 0x123 };
        Assert.Equal(new GuestAddress(Base + 0x123), Kernels.Placement(elf.Build()).Entry);
    }

    [Fact]
    public void A_physical_entry_wins_over_a_segment_at_the_same_virtual_address()
    {
        // As Linux' per-CPU segment could: virtual address 0 upwards.
        ElfBuilder elf = new()
        {
            Entry = Base + 4,
            Segments = [new() { Physical = Base + 0x4000, Virtual = Base, Content = new byte[0x100] }, new() { Content = new byte[0x100] }],
        };
        Assert.Equal(new GuestAddress(Base + 4), Kernels.Placement(elf.Build()).Entry);
    }

    [Fact]
    public void Segments_may_come_in_any_order_and_touch_and_others_than_PT_LOAD_are_passed_over()
    {
        ElfBuilder elf = new()
        {
            Segments =
            [
                new() { Type = 4, Physical = 0, Offset = ulong.MaxValue, MemorySize = ulong.MaxValue },
                new() { Physical = Base + 0x100, Content = new byte[0x10] },
                new() { Content = new byte[0x100] },
                new() { Physical = 0, Content = [] },
            ],
        };
        KernelPlacement placement = Kernels.Placement(elf.Build());
        Assert.Equal((new GuestAddress(Base), Base + 0x110), (placement.Start, placement.End));
    }

    [Fact]
    public void A_position_independent_executable_loads_too() => Assert.Equal(new(Base), Kernels.Placement(new ElfBuilder { Type = 3 }.Build()).Entry);

    [Theory]
    [InlineData(183, "ARM64")]
    [InlineData(243, "RISC-V")]
    [InlineData(22, "S/390")]
    [InlineData(12345, "machine 12345")]
    public void Another_machines_kernel_is_named(ushort machine, string name) =>
        Kernels.Refuses(VmErrorId.KernelArchitectureUnsupported, new ElfBuilder { Machine = machine }.Build(), name);

    [Fact]
    public void A_big_endian_kernel_is_refused() =>
        Kernels.Refuses(VmErrorId.KernelArchitectureUnsupported, new ElfBuilder { Encoding = 2, Machine = 21 }.Build(), "big-endian");

    [Theory]
    [InlineData(3)]
    [InlineData(62)]
    public void A_32_bit_kernel_is_refused(ushort machine) =>
        Kernels.Refuses(VmErrorId.KernelNot64Bit, new ElfBuilder { Class = 1, Machine = machine }.Build(), "32-bit");

    [Fact]
    public void A_32_bit_kernel_of_another_machine_is_refused_for_its_machine() =>
        Kernels.Refuses(VmErrorId.KernelArchitectureUnsupported, new ElfBuilder { Class = 1, Machine = 40 }.Build(), "ARM");

    [Theory]
    [InlineData(1, "object file")]
    [InlineData(4, "core dump")]
    [InlineData(77, "type 77")]
    public void What_is_no_executable_is_no_kernel(ushort type, string name) =>
        Kernels.Refuses(VmErrorId.KernelNotRecognized, new ElfBuilder { Type = type }.Build(), name);

    [Fact]
    public void A_program_is_no_kernel() =>
        Kernels.Refuses(VmErrorId.KernelNotRecognized, File.ReadAllBytes(Environment.ProcessPath!), "operating system");

    [Fact]
    public void A_damaged_identification_is_refused()
    {
        Kernels.Refuses(VmErrorId.KernelMalformed, new ElfBuilder { Class = 9 }.Build(), "class 9");
        Kernels.Refuses(VmErrorId.KernelMalformed, new ElfBuilder { Encoding = 0 }.Build(), "encoding 0");
    }

    [Fact]
    public void Without_a_segment_to_load_it_is_refused()
    {
        Kernels.Refuses(VmErrorId.KernelHasNoSegments, new ElfBuilder { Count = 0 }.Build(), "PT_LOAD");
        Kernels.Refuses(VmErrorId.KernelHasNoSegments, new ElfBuilder { Segments = [new() { Type = 4, Content = new byte[8] }] }.Build());
        Kernels.Refuses(VmErrorId.KernelHasNoSegments, new ElfBuilder { Segments = [new() { MemorySize = 0, FileSize = 0 }] }.Build());
    }

    [Fact]
    public void Absurd_program_headers_are_refused()
    {
        Kernels.Refuses(VmErrorId.KernelMalformed, new ElfBuilder { Count = 0xffff }.Build(), "65535");
        Kernels.Refuses(VmErrorId.KernelMalformed, new ElfBuilder { EntrySize = 32 }.Build(), "32");
        Kernels.Refuses(VmErrorId.KernelTruncated, new ElfBuilder { ProgramHeaders = ulong.MaxValue - 8 }.Build(), "program headers");
    }

    [Fact]
    public void A_segment_larger_in_the_file_than_in_memory_is_refused() =>
        Kernels.Refuses(VmErrorId.KernelMalformed, new ElfBuilder { Segments = [new() { Content = new byte[32], MemorySize = 31 }] }.Build());

    [Theory]
    [InlineData(0x20_0fff)]
    [InlineData(0x20_0000)]
    [InlineData(0x1f_ffff)]
    public void Overlapping_segments_are_refused_and_both_are_named(ulong second)
    {
        ElfBuilder elf = new() { Segments = [new() { Content = new byte[0x1000] }, new() { Physical = second, Content = new byte[0x10] }] };
        Kernels.Refuses(VmErrorId.KernelSegmentsOverlap, elf.Build(), $"0x{Math.Min(second, Base):x}-");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0x7c00)]
    [InlineData(0xf_ffff)]
    public void A_segment_in_the_first_megabyte_is_refused(ulong address) => Kernels.Refuses(VmErrorId.KernelSegmentInLowMemory,
        new ElfBuilder { Entry = address, Segments = [new() { Physical = address, Content = new byte[0x10] }] }.Build(), $"0x{address:x}");

    [Theory]
    [InlineData(0xbfff_f001, 0x1000)]
    [InlineData(0xc000_0000, 0x1000)]
    [InlineData(0x1_0000_0000, 0x1000)]
    [InlineData(0xffff_ffff_ffff_f000, 0x1000)]
    [InlineData(0xffff_ffff_ffff_f000, 0x2000)]
    [InlineData(0xffff_ffff_8010_0000, 0x1000)]
    [InlineData(0x20_0000, ulong.MaxValue)]
    [InlineData(0x20_0000, ulong.MaxValue - 0x1f_ffff)]
    public void A_segment_that_no_machine_has_memory_for_is_refused(ulong address, ulong size) => Kernels.Refuses(VmErrorId.KernelSegmentOutsideMemory,
        new ElfBuilder { Segments = [new() { Physical = address, Content = new byte[0x10], MemorySize = size }] }.Build());

    [Theory]
    [InlineData(Base + 0x1800)]
    [InlineData(Base - 1)]
    [InlineData(0)]
    [InlineData(ulong.MaxValue)]
    public void An_entry_outside_of_what_is_loaded_is_refused(ulong entry) =>
        Kernels.Refuses(VmErrorId.KernelEntryOutsideSegments, new ElfBuilder { Entry = entry, Segments = [new() { Content = new byte[0x1800], MemorySize = 0x4000 }] }.Build(), $"0x{entry:x}");

    [Fact]
    public void Cut_short_at_any_byte_it_is_refused_as_truncated()
    {
        byte[] whole = new ElfBuilder { Segments = [new() { Content = ElfBuilder.Pattern(0x123, 1) }, new() { Physical = Base + 0x1000, Content = new byte[0x45] }] }.Build();
        Kernels.Placement(whole);
        for (int length = 1; length < whole.Length; length++)
            Assert.Equal(length < 4 ? VmErrorId.KernelNotRecognized : VmErrorId.KernelTruncated, Kernels.Refusal(whole[..length]).Id);
    }

    [Fact]
    public void Cut_short_behind_its_segments_it_still_misses_its_section_headers()
    {
        ElfBuilder elf = new() { SectionCount = 3 };
        elf.SectionHeaders = (ulong)elf.Build().Length;
        byte[] whole = [.. elf.Build(), .. new byte[3 * 64]];
        Kernels.Placement(whole);
        Kernels.Refuses(VmErrorId.KernelTruncated, whole[..^1], "section headers");
        elf.SectionHeaders = ulong.MaxValue - 10;
        Kernels.Refuses(VmErrorId.KernelTruncated, elf.Build(), "section headers");
    }

    [Theory]
    [InlineData(ulong.MaxValue, 0x10)]
    [InlineData(ulong.MaxValue - 0xf, 0x10)]
    [InlineData(0x8000_0000_0000_0000, 0x10)]
    [InlineData(0, 0xb000_0000)]
    public void A_segment_whose_file_offset_overflows_is_truncated(ulong offset, ulong size) => Kernels.Refuses(VmErrorId.KernelTruncated,
        new ElfBuilder { Segments = [new() { Content = new byte[0x10], Offset = offset, FileSize = size, MemorySize = size }] }.Build());
}
