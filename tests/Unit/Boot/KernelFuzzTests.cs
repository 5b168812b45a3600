using CsCheck;
using PSToyVmm.Engine;
using PSToyVmm.Engine.Boot;
using PSToyVmm.Engine.Memory;
using Xunit;

namespace PSToyVmm.Tests.Unit.Boot;

/// <summary>
/// Whatever the bytes of a kernel file are: it loads and touches only what it says, or it is refused with an id that a
/// user can look up. Never another exception.
/// </summary>
public sealed class KernelFuzzTests
{
    const int MemorySize = 4 << 20;

    static readonly string[] s_knownIds = [.. typeof(VmErrorId).GetFields().Select(field => (string)field.GetRawConstantValue()!)];

    static readonly byte[] s_elf = new ElfBuilder
    {
        Segments =
        [
            new() { Content = ElfBuilder.Pattern(0x80, 1), MemorySize = 0x180 },
            new() { Physical = ElfBuilder.Base + 0x1000, Content = ElfBuilder.Pattern(0x40, 2) },
        ],
    }.Build();

    static readonly byte[] s_bzImage = new BzImageBuilder { SetupSects = 1, Code = ElfBuilder.Pattern(0x310, 3) }.Build();

    static readonly byte[] s_multiboot = new Kernel32Builder { Code = ElfBuilder.Pattern(0x80, 4), MemorySize = 0x200 }.Elf();

    static readonly byte[] s_flat = new Kernel32Builder { Flags = 0x1_0003, Code = ElfBuilder.Pattern(0x80, 5), LoadEnd = 0x10_0090, BssEnd = 0x10_0200 }.Flat();

    static readonly byte[] s_pvh = new Kernel32Builder { Flags = null, Code = ElfBuilder.Pattern(0x80, 6), PvhEntry = 0x10_0000 }.Elf();

    // Values at the edges of a field find more than random ones do.
    static readonly Gen<byte> s_byte = Gen.OneOf(Gen.Byte, Gen.OneOf<byte>(0, 1, 2, 0x7f, 0x80, 0xff));

    static Gen<byte[]> Mutations(byte[] image, int first, int last) =>
        Gen.Select(Gen.Select(Gen.Int[first, last], s_byte).Array[1, 12], Gen.OneOf(Gen.Const(image.Length), Gen.Int[1, image.Length]), (changes, length) =>
        {
            byte[] mutant = [.. image];
            foreach ((int at, byte value) in changes) mutant[at] = value;
            return mutant[..length];
        });

    static Gen<byte[]> Fields(byte[] image, int[] offsets) =>
        Gen.Select(Gen.OneOf(offsets), Gen.Int[1, 8], Gen.OneOf(Gen.ULong, Gen.OneOf<ulong>(0, 1, 0x10_0000, 0xbfff_ffff, 0xffff_ffff, ulong.MaxValue, ulong.MaxValue - 0xfff)))
            .Array[1, 4].Select(changes =>
            {
                byte[] mutant = [.. image];
                foreach ((int at, int width, ulong value) in changes) BitConverter.GetBytes(value).AsSpan(0, width).CopyTo(mutant.AsSpan(at));
                return mutant;
            });

    [Fact]
    public void An_ELF_file_with_any_bytes_changed_loads_or_is_refused() => Mutations(s_elf, 4, s_elf.Length - 1).Sample(Judge, iter: 1000);

    [Fact]
    public void An_ELF_file_with_any_header_bytes_changed_loads_or_is_refused() =>
        Mutations(s_elf, 4, ElfBuilder.HeaderSize + (2 * ElfBuilder.ProgramHeaderSize) - 1).Sample(Judge, iter: 1000);

    [Fact]
    public void An_ELF_file_with_any_fields_changed_loads_or_is_refused() =>
        Fields(s_elf, [24, 32, 40, 54, 56, 58, 60, 64, 72, 80, 88, 96, 104, 120, 128, 136, 144, 152, 160]).Sample(Judge, iter: 1000);

    [Fact]
    public void A_bzImage_with_any_header_bytes_changed_loads_or_is_refused() => Mutations(s_bzImage, 0x1f1, 0x26b).Sample(Judge, iter: 1000);

    [Fact]
    public void A_bzImage_with_any_fields_changed_loads_or_is_refused() =>
        Fields(s_bzImage, [0x1f1, 0x1f4, 0x201, 0x206, 0x211, 0x22c, 0x230, 0x234, 0x236, 0x238, 0x248, 0x24c, 0x258, 0x260]).Sample(Judge, iter: 1000);

    [Fact]
    public void A_Multiboot_ELF_file_with_any_bytes_changed_loads_or_is_refused() => Mutations(s_multiboot, 4, 52 + 32 + 48).Sample(Judge, iter: 2000);

    [Fact]
    public void A_Multiboot_ELF_file_with_any_fields_changed_loads_or_is_refused() =>
        Fields(s_multiboot, [24, 28, 32, 42, 44, 46, 48, 52, 56, 60, 64, 68, 72, 84, 88, 92]).Sample(Judge, iter: 1000);

    [Fact]
    public void A_flat_Multiboot_image_with_any_bytes_changed_loads_or_is_refused() => Mutations(s_flat, 0, 47).Sample(Judge, iter: 2000);

    [Fact]
    public void A_flat_Multiboot_image_with_any_addresses_changed_loads_or_is_refused() => Fields(s_flat, [12, 16, 20, 24, 28]).Sample(Judge, iter: 2000);

    [Fact]
    public void A_PVH_kernel_with_any_bytes_changed_loads_or_is_refused() => Mutations(s_pvh, 4, s_pvh.Length - 1).Sample(Judge, iter: 1000);

    [Fact]
    public void A_PVH_kernel_with_any_notes_changed_loads_or_is_refused() => Mutations(s_pvh, s_pvh.Length - 40, s_pvh.Length - 1).Sample(Judge, iter: 1000);

    [Fact]
    public void A_PVH_kernel_with_any_fields_changed_loads_or_is_refused() =>
        Fields(s_pvh, [24, 28, 52, 56, 64, 68, 72, 84, 88, 100, 104, s_pvh.Length - 40, s_pvh.Length - 36, s_pvh.Length - 20, s_pvh.Length - 16, s_pvh.Length - 8]).Sample(Judge, iter: 1000);

    [Fact]
    public void Any_bytes_at_all_are_refused() => Gen.Byte.Array[1, 2000].Sample(bytes => Assert.Contains(Kernels.Refusal(bytes).Id, s_knownIds), iter: 1000);

    static void Judge(byte[] content)
    {
        using TempFile file = new(content);
        using GuestMemory memory = new(MemorySize);
        memory.Slice(new(0), MemorySize).Fill(0xcc);
        KernelPlacement placement;
        try
        {
            using KernelImage kernel = KernelImage.Open(file.Path);
            placement = kernel.Load(memory);
        }
        catch (VmException refusal)
        {
            Assert.Contains(refusal.Id, s_knownIds);
            Assert.StartsWith($"'{file.Path}' ", refusal.Message, StringComparison.Ordinal);
            return;
        }
        // A kernel of a 32-bit protocol may lie in the free part of conventional memory; the rest is never touched.
        Assert.InRange(placement.Start.Value, placement.Protocol == BootProtocol.Linux ? 0x10_0000ul : 0x3_0000ul, placement.Entry.Value);
        Assert.False(memory.Slice(new(0x9_fc00), 0x6_0400).ContainsAnyExcept((byte)0xcc));
        Assert.InRange(placement.End, placement.Entry.Value + 1, (ulong)MemorySize);
        Assert.False(memory.Slice(new(0), (int)placement.Start.Value).ContainsAnyExcept((byte)0xcc));
        Assert.False(memory.Slice(new(placement.End), MemorySize - (int)placement.End).ContainsAnyExcept((byte)0xcc));
    }
}
