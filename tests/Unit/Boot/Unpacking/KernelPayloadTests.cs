using System.Runtime.Loader;
using CsCheck;
using PSToyVmm.Engine;
using PSToyVmm.Engine.Boot;
using PSToyVmm.Engine.Machines;
using PSToyVmm.Engine.Memory;
using PSToyVmm.Tests.Unit.Machines;
using Xunit;

namespace PSToyVmm.Tests.Unit.Boot.Unpacking;

public sealed class KernelPayloadTests
{
    public static TheoryData<string> Names => [.. Payloads.Names];

    static KernelPlacement Unpack(byte[] bzImage, GuestMemory memory)
    {
        using TempFile file = new(bzImage);
        using KernelImage kernel = KernelImage.Open(file.Path);
        kernel.UnpackAtLoad();
        return kernel.Load(memory);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_kernel_inside_comes_to_lie_where_it_would_by_itself(string name)
    {
        using GuestMemory memory = new(4 * Kernels.MiB), expected = new(4 * Kernels.MiB);
        KernelPlacement alone = Kernels.Load(Payloads.Kernel.Build(), expected);
        byte[] image = Payloads.BzImage(Payloads.Pack(name));

        KernelPlacement placement = Unpack(image, memory);

        Assert.True(memory.Slice(new(0), (int)memory.Size).SequenceEqual(expected.Slice(new(0), (int)memory.Size)));
        Assert.Equal(alone.Entry, placement.Entry);
        // The rest is as the bzImage says: its setup header goes back to it, and the initrd keeps off all of init_size.
        KernelPlacement packed = Kernels.Placement(image);
        Assert.Equal(packed with { Entry = alone.Entry, SetupHeader = null }, placement with { SetupHeader = null });
        Assert.True(placement.SetupHeader!.Value.Span.SequenceEqual(packed.SetupHeader!.Value.Span));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Cut_short_or_damaged_it_is_refused_and_never_otherwise(string name)
    {
        byte[] payload = Payloads.Pack(name);
        using GuestMemory memory = new(4 * Kernels.MiB);
        Gen.Select(Gen.Select(Gen.Int[4, payload.Length - 1], Gen.Byte).Array[0, 4], Gen.Int[1, payload.Length], (changes, length) =>
        {
            byte[] mutant = [.. payload];
            foreach ((int at, byte value) in changes) mutant[at] = value;
            return mutant[..length];
        }).Sample(mutant =>
        {
            try
            {
                Unpack(Payloads.BzImage(mutant), memory);
            }
            catch (VmException refusal)
            {
                Assert.Contains(refusal.Id, new[] { VmErrorId.KernelPayloadDamaged, VmErrorId.KernelPayloadUnsupported });
            }
        }, iter: 200, threads: 1);
        Assert.Equal(VmErrorId.KernelPayloadDamaged, Refusal(Payloads.BzImage([.. payload[..(payload.Length / 2)], .. payload[^4..]])).Id);
    }

    static VmException Refusal(byte[] image)
    {
        using GuestMemory memory = new(8 * Kernels.MiB);
        return Assert.Throws<VmException>(() => Unpack(image, memory));
    }

    static void Refuses(string id, byte[] payload, string says)
    {
        VmException refusal = Refusal(Payloads.BzImage(payload));
        Assert.Equal(id, refusal.Id);
        Assert.Contains(says, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_wrong_is_named()
    {
        Refuses(VmErrorId.KernelPayloadUnsupported, [0x89, .. "LZO\0"u8, .. new byte[100]], "lzo");
        Refuses(VmErrorId.KernelPayloadUnsupported, new byte[100], "nothing known");
        Refuses(VmErrorId.KernelPayloadUnsupported, [], "nothing known");
        Refuses(VmErrorId.KernelPayloadDamaged, [.. Payloads.Pack("lz4")[..^4], 0, 0, 0, 0], "0 bytes");
        Refuses(VmErrorId.KernelPayloadDamaged, [.. Payloads.Pack("lz4")[..^4], 0xff, 0xff, 0xff, 0xff], "4294967295 bytes");
        Refuses(VmErrorId.KernelPayloadDamaged, [.. Payloads.Pack("lz4")[..^4], 0x01, 0x30, 0, 0], "sets aside 12288");
        Refuses(VmErrorId.KernelPayloadDamaged, Payloads.Gzip(new byte[1000]), "unpacks to a kernel that is no ELF file");
        ElfBuilder elsewhere = new() { Entry = 0x30_0000, Segments = [new() { Physical = 0x30_0000, Content = new byte[16] }] };
        Refuses(VmErrorId.KernelPayloadDamaged, Payloads.Gzip(elsewhere.Build()), "0x300000");
        Refuses(VmErrorId.KernelPayloadDamaged, Payloads.Gzip(new ElfBuilder { Entry = 5 }.Build()), "enters at 0x5");
        Refuses(VmErrorId.KernelPayloadDamaged, Payloads.Gzip(new Kernel32Builder { LoadAddress = 0x20_0000 }.Elf()), "32-bit");
    }

    [Fact]
    public void Other_kernels_have_nothing_to_unpack()
    {
        using TempFile elf = new(new ElfBuilder().Build()), unknown = new(Payloads.BzImage(new byte[100])), known = new(Payloads.BzImage(Payloads.Pack("xz")));
        using KernelImage vmlinux = KernelImage.Open(elf.Path), strange = KernelImage.Open(unknown.Path), image = KernelImage.Open(known.Path);
        vmlinux.UnpackAtLoad();
        using GuestMemory memory = new(8 * Kernels.MiB);
        vmlinux.Load(memory);
        Assert.Equal((false, false, true), (vmlinux.CanUnpack, strange.CanUnpack, image.CanUnpack));
        Assert.Equal(VmErrorId.KernelPayloadUnsupported, Assert.Throws<VmException>(strange.UnpackAtLoad).Id);
    }

    [Fact]
    public void The_packages_stay_in_a_load_context_of_their_own()
    {
        using GuestMemory memory = new(4 * Kernels.MiB);
        Unpack(Payloads.BzImage(Payloads.Pack("zstd")), memory);
        Assert.DoesNotContain(AssemblyLoadContext.Default.Assemblies, assembly => assembly.GetName().Name is "SharpCompress" or "K4os.Compression.LZ4" or "PSToyVmm.Decompression");
        Assert.Contains(AssemblyLoadContext.All.Where(context => context.Name == "PSToyVmm.Decompression").SelectMany(context => context.Assemblies), assembly => assembly.GetName().Name == "SharpCompress");
    }

    [KvmTheory]
    [InlineData(KernelDecompression.Always, "in")]
    [InlineData(KernelDecompression.Never, "out")]
    [InlineData(KernelDecompression.Auto, null)]
    public void The_guest_runs_what_was_unpacked_or_unpacks_it_itself(KernelDecompression choice, string? expected)
    {
        ElfBuilder inside = new() { Segments = [new() { Content = [.. TinyGuest.Print("in"), .. TinyGuest.Reset] }] };
        byte[] outside = [.. TinyGuest.Print("out"), .. TinyGuest.Reset], payload = Payloads.Gzip(inside.Build());
        byte[] code = new byte[(0x240 + payload.Length + 15) & ~15];
        outside.CopyTo(code, 0x200);
        payload.CopyTo(code, 0x240);
        byte[] image = new BzImageBuilder { Code = code, PayloadOffset = 0x240, PayloadLength = (uint)payload.Length }.Build();
        using TempFile file = new(image);
        using VirtualMachine vm = new(new() { Name = "packed", KernelPath = file.Path, MemoryBytes = 8 << 20, DecompressKernel = choice, RebootAction = RebootAction.Stop });
        vm.Start();
        Assert.True(vm.WaitFor(MachineState.Off, TimeSpan.FromSeconds(30), CancellationToken.None));
        byte[] output = new byte[16];
        long position = 0;
        int count = vm.SerialLog.Read(ref position, output);
        // As measured: on a KVM that interprets kernel mode the host unpacks.
        Assert.Equal(expected ?? (HostProbe.KernelModeIsSlow ? "in" : "out"), System.Text.Encoding.ASCII.GetString(output, 0, count));
    }

    [KvmFact]
    public void The_speed_of_kernel_mode_is_measured()
    {
        HostReport report = HostProbe.Run();
        Assert.InRange(report.KernelModeMips!.Value, 0.01, 1e6);
        Assert.Null(HostProbe.Run(probeGuest: false).KernelModeMips);
    }
}
