using PSToyVmm.Engine;
using PSToyVmm.Engine.Boot;
using Xunit;

namespace PSToyVmm.Tests.Unit.Boot.Pvh;

public sealed class PvhNoteTests
{
    const ulong LinuxOffset = 0xffff_ffff_8000_0000;

    static ElfBuilder Elf64(byte[] note, ulong offset = LinuxOffset) => new()
    {
        Segments =
        [
            new() { Virtual = ElfBuilder.Base + offset, Content = ElfBuilder.Pattern(0x200, 1) },
            new() { Type = 4, Physical = 0, Content = note },
        ],
    };

    static KernelPlacement Open(byte[] content, BootProtocol protocol = BootProtocol.Auto)
    {
        using TempFile file = new(content);
        using KernelImage kernel = KernelImage.Open(file.Path, protocol);
        return kernel.Placement;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_vmlinux_has_both_entries_and_the_64_bit_one_is_taken_unless_the_other_is_asked_for(bool wide)
    {
        byte[] vmlinux = Elf64(Kernel32Builder.Note(ElfBuilder.Base + 0x100, wide)).Build();
        Assert.Equal((BootProtocol.Linux, ElfBuilder.Base), (Open(vmlinux).Protocol, Open(vmlinux).Entry.Value));
        Assert.Equal((BootProtocol.Pvh, ElfBuilder.Base + 0x100), (Open(vmlinux, BootProtocol.Pvh).Protocol, Open(vmlinux, BootProtocol.Pvh).Entry.Value));
    }

    [Fact]
    public void Another_64_bit_kernel_with_the_note_is_entered_by_it()
    {
        byte[] unikernel = Elf64(Kernel32Builder.Note(ElfBuilder.Base + 0x100), offset: 0).Build();
        Assert.Equal(ElfBuilder.Base + 0x100, Open(unikernel).Entry.Value);
        Assert.Equal(BootProtocol.Linux, Open(unikernel, BootProtocol.Linux).Protocol);

        // FreeBSD: linked high as Linux, with a virtual entry.
        ElfBuilder freeBsd = Elf64(Kernel32Builder.Note(ElfBuilder.Base + 0x100));
        freeBsd.Entry = LinuxOffset + ElfBuilder.Base;
        Assert.Equal(BootProtocol.Pvh, Open(freeBsd.Build()).Protocol);
    }

    [Fact]
    public void A_32_bit_kernel_with_the_note_boots_by_it_and_with_a_Multiboot_header_by_that()
    {
        Assert.Equal(BootProtocol.Pvh, Open(new Kernel32Builder { Flags = null, PvhEntry = Kernel32Builder.Base }.Elf()).Protocol);
        Assert.Equal(BootProtocol.Multiboot, Open(new Kernel32Builder { PvhEntry = Kernel32Builder.Base }.Elf()).Protocol);
    }

    [Fact]
    public void The_note_is_a_physical_address_that_is_loaded()
    {
        Kernels.Refuses(VmErrorId.KernelEntryOutsideSegments, new Kernel32Builder { Flags = null, PvhEntry = 0x5000 }.Elf(), "0x5000");
        byte[] high = Elf64(Kernel32Builder.Note(ElfBuilder.Base + LinuxOffset, wide: true), offset: LinuxOffset).Build();
        using TempFile file = new(high);
        Assert.Equal(VmErrorId.KernelEntryOutsideSegments, Assert.Throws<VmException>(() => KernelImage.Open(file.Path, BootProtocol.Pvh).Dispose()).Id);
    }

    [Fact]
    public void Damaged_notes_are_no_notes()
    {
        byte[] note = Kernel32Builder.Note(ElfBuilder.Base);
        for (int length = 0; length < note.Length; length++) Assert.Equal(BootProtocol.Linux, Open(Elf64(note[..length], offset: 0).Build()).Protocol);
        foreach (int field in (int[])[0, 4, 20, 24])
        {
            byte[] damaged = [.. note];
            damaged.AsSpan(field, 4).Fill(0xff);
            Assert.Equal(BootProtocol.Linux, Open(Elf64(damaged, offset: 0).Build()).Protocol);
        }
        ElfBuilder outside = Elf64(note, offset: 0);
        outside.Segments[1].Offset = ulong.MaxValue - 3;
        Assert.Equal(BootProtocol.Linux, Open(outside.Build()).Protocol);
    }

    [Fact]
    public void Notes_aligned_to_eight_bytes_are_read_as_such()
    {
        byte[] notes = [.. new byte[] { 4, 0, 0, 0, 1, 0, 0, 0, 18, 0, 0, 0 }, .. "GNU\0"u8, 9, .. new byte[7], .. Kernel32Builder.Note(ElfBuilder.Base + 8)[20..]];
        byte[] file = Elf64(notes, offset: 0).Build();
        BitConverter.GetBytes(8ul).CopyTo(file, 64 + 56 + 48);
        Assert.Equal(ElfBuilder.Base + 8, Open(file).Entry.Value);
    }
}
