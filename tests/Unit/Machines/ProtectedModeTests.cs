using System.Buffers.Binary;
using System.Text;
using PSToyVmm.Engine;
using PSToyVmm.Engine.Machines;
using PSToyVmm.Tests.Unit.Boot;
using Xunit;

namespace PSToyVmm.Tests.Unit.Machines;

/// <summary>Multiboot and PVH kernels of a few instructions, which send what they find to the serial port: on a real KVM.</summary>
public sealed class ProtectedModeTests
{
    const uint Base = Kernel32Builder.Base, Scratch = 0x20_0000;
    const ulong Memory = 16 << 20;

    static readonly byte[] s_mov = [0xa3, .. Little(Scratch)]; // mov [Scratch], eax
    static readonly byte[] s_state =
    [
        .. s_mov, .. Dump([0xbe, .. Little(Scratch)], 4), // EAX as it came
        0x0f, 0x20, 0xc0, .. s_mov, .. Dump([0xbe, .. Little(Scratch)], 4), // CR0
        0x0f, 0x20, 0xe0, .. s_mov, .. Dump([0xbe, .. Little(Scratch)], 4), // CR4
        0x9c, 0x58, .. s_mov, .. Dump([0xbe, .. Little(Scratch)], 4), // pushf; pop eax: a stack, and EFLAGS
    ];

    static byte[] Little(uint value) => BitConverter.GetBytes(value);

    // (what loads ESI); mov ecx, count; mov dx, 0x3f8; rep outsb
    static byte[] Dump(byte[] loadEsi, uint count) => [.. loadEsi, 0xb9, .. Little(count), 0x66, 0xba, 0xf8, 0x03, 0xf3, 0x6e];

    static byte[] FromEbx(byte offset) => [0x8b, 0x73, offset]; // mov esi, [ebx + offset]

    static byte[] FromEdi(byte offset) => [0x8b, 0x77, offset]; // mov esi, [edi + offset]

    sealed class Reader(byte[] bytes)
    {
        int _at;

        public byte[] Take(int count) => bytes[_at..(_at += count)];
        public uint U32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));
        public ulong U64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));
        public string Text(int count) => Encoding.UTF8.GetString(Take(count)).Split('\0')[0];
        public bool AtEnd => _at == bytes.Length;
    }

    static Reader Run(byte[] kernel, Func<TemporaryFiles, MachineConfiguration, MachineConfiguration>? configure = null)
    {
        using TemporaryFiles files = new();
        MachineConfiguration configuration = new() { Name = "tiny", KernelPath = files.Add("kernel", kernel), MemoryBytes = Memory, CommandLine = "one two", RebootAction = RebootAction.Stop };
        using VirtualMachine vm = new(configure?.Invoke(files, configuration) ?? configuration);
        vm.Start();
        Assert.True(vm.WaitFor(MachineState.Off, TimeSpan.FromSeconds(30), CancellationToken.None), vm.Status);
        Assert.True(vm.StopReason == StopReason.GuestReset, $"{vm.Status}\n{vm.Fault?.Registers}");
        byte[] output = new byte[1 << 16];
        long position = 0;
        return new(output[..vm.SerialLog.Read(ref position, output)]);
    }

    static void ExpectState(Reader reader, uint eax)
    {
        Assert.Equal(eax, reader.U32());
        Assert.Equal(0x11u, reader.U32() & 0x8000_0011); // protected, no paging
        Assert.Equal(0u, reader.U32());
        Assert.Equal(2u, reader.U32() & 0x2_0302); // neither virtual 8086 mode nor interrupts nor single steps
    }

    static readonly byte[] s_multiboot =
    [
        .. s_state,
        .. Dump([0x89, 0xde], 116), // mov esi, ebx
        .. Dump(FromEbx(16), 32), // command line
        0x8b, 0x7b, 24, // mov edi, [ebx + 24]: modules
        .. Dump([0x89, 0xfe], 32), // mov esi, edi
        .. Dump(FromEdi(0), 16), .. Dump(FromEdi(8), 32), // the first one's bytes and text
        .. Dump(FromEdi(16), 16), .. Dump(FromEdi(24), 32),
        .. Dump(FromEbx(48), 3 * 24), // memory map
        .. Dump(FromEbx(64), 9), // loader's name
        .. TinyGuest.Reset,
    ];

    [KvmTheory]
    [InlineData(true, Base)]
    [InlineData(false, Base)]
    [InlineData(false, 0x4_0000u)]
    public void A_Multiboot_kernel_finds_all_that_the_specification_names(bool elf, uint address)
    {
        Kernel32Builder kernel = new() { Code = s_multiboot, Flags = elf ? 3u : 0x1_0003, LoadAddress = address };
        Reader reader = Run(elf ? kernel.Elf() : kernel.Flat(), (files, configuration) => configuration with
        {
            InitrdPath = files.Add("initrd", "first module, bytes"u8.ToArray()),
            Modules = [new(files.Add("second", ElfBuilder.Pattern(0x1001, 1)), "some words")],
        });

        ExpectState(reader, 0x2bad_b002);
        Reader info = new(reader.Take(116));
        Assert.Equal(0b10_0100_1101u, info.U32());
        Assert.Equal((639u, (uint)(Memory >> 10) - 1024), (info.U32(), info.U32()));
        info.Take(8);
        Assert.Equal(2u, info.U32());
        info.Take(20);
        Assert.Equal(3u * 24, info.U32());
        Assert.Equal("kernel one two", reader.Text(32));

        uint first = reader.U32();
        Assert.Equal((first + 19, 0u), (reader.U32(), first % 4096));
        reader.Take(8);
        uint second = reader.U32();
        Assert.Equal((first + 4096, second + 0x1001), (second, reader.U32()));
        reader.Take(8);
        Assert.Equal(("first module, by", "initrd"), (reader.Text(16), reader.Text(32)));
        Assert.Equal(ElfBuilder.Pattern(0x1001, 1)[..16], reader.Take(16));
        Assert.Equal("second some words", reader.Text(32));

        foreach ((ulong start, ulong length, uint kind) in (ReadOnlySpan<(ulong, ulong, uint)>)[(0, 0x9_fc00, 1), (0x9_fc00, 0x6_0400, 2), (0x10_0000, Memory - 0x10_0000, 1)])
            Assert.Equal((20u, start, length, kind), (reader.U32(), reader.U64(), reader.U64(), reader.U32()));
        Assert.Equal("PSToyVmm", reader.Text(9));
        Assert.True(reader.AtEnd);
    }

    [KvmFact]
    public void A_Multiboot_kernel_without_modules_is_told_so()
    {
        Reader reader = Run(new Kernel32Builder { Code = [.. Dump([0x89, 0xde], 116), .. TinyGuest.Reset] }.Elf());
        Assert.Equal(0u, reader.U32() & 8);
        reader.Take(16);
        Assert.Equal((0u, 0u), (reader.U32(), reader.U32()));
    }

    static readonly byte[] s_pvh =
    [
        .. s_state,
        .. Dump([0x89, 0xde], 56), // mov esi, ebx
        .. Dump(FromEbx(24), 16), // command line
        .. Dump(FromEbx(32), 8), // RSDP
        .. Dump(FromEbx(40), 3 * 24), // memory map
        0x8b, 0x7b, 16, // mov edi, [ebx + 16]: modules
        .. Dump([0x89, 0xfe], 64), // mov esi, edi
        .. Dump(FromEdi(0), 16), .. Dump(FromEdi(16), 32), // the first one's bytes and text
        .. Dump(FromEdi(32), 16), .. Dump(FromEdi(48), 32),
        .. TinyGuest.Reset,
    ];

    [KvmFact]
    public void A_PVH_kernel_finds_its_start_info()
    {
        Reader reader = Run(new Kernel32Builder { Flags = null, Code = s_pvh, PvhEntry = Base }.Elf(), (files, configuration) => configuration with
        {
            InitrdPath = files.Add("initrd", "first module, bytes"u8.ToArray()),
            Modules = [new(files.Add("second", "second module, bytes"u8.ToArray()), "some words")],
        });
        ExpectState(reader, 0);
        Assert.Equal((0x336e_c578u, 1u, 0u, 2u), (reader.U32(), reader.U32(), reader.U32(), reader.U32()));
        reader.Take(8);
        Assert.Equal((0x2_0000ul, 0xe_0000ul), (reader.U64(), reader.U64()));
        reader.Take(8);
        Assert.Equal((3u, 0u), (reader.U32(), reader.U32()));
        Assert.Equal(("one two", "RSD PTR "), (reader.Text(16), reader.Text(8)));
        foreach ((ulong start, ulong length, uint kind) in (ReadOnlySpan<(ulong, ulong, uint)>)[(0, 0x9_fc00, 1), (0x9_fc00, 0x6_0400, 2), (0x10_0000, Memory - 0x10_0000, 1)])
            Assert.Equal((start, length, kind, 0u), (reader.U64(), reader.U64(), reader.U32(), reader.U32()));
        Assert.Equal((Memory - 4096, 19ul), (reader.U64(), reader.U64()));
        reader.Take(16);
        Assert.Equal((0x10_1000ul, 20ul), (reader.U64(), reader.U64()));
        reader.Take(16);
        Assert.Equal(("first module, by", "initrd", "second module, b", "second some words"), (reader.Text(16), reader.Text(32), reader.Text(16), reader.Text(32)));
        Assert.True(reader.AtEnd);
    }

    [Fact]
    public void Modules_that_cannot_be_given_are_refused()
    {
        using TemporaryFiles files = new();
        string multiboot = files.Add("kernel", new Kernel32Builder().Elf()), linux = files.Add("linux", new ElfBuilder().Build()), big = files.Add("big", new byte[0x20_0000]);
        string Id(string kernel, params BootModule[] modules) => Assert.Throws<VmException>(() =>
            new MachineConfiguration { Name = "x", KernelPath = kernel, MemoryBytes = 2 << 20, CommandLine = "", Modules = modules }.Validate()).Id;
        Assert.Equal(VmErrorId.ModuleInvalid, Id(files.Add("small", new Kernel32Builder().Elf()), new BootModule(linux, "a\nb")));
        Assert.Equal(VmErrorId.ModuleInvalid, Id(multiboot, new BootModule(linux, new string('x', 512))));
        Assert.Equal(VmErrorId.ModuleInvalid, Id(multiboot, [.. Enumerable.Repeat(new BootModule(multiboot), 65)]));
        Assert.Equal(VmErrorId.ModuleDoesNotFit, Id(multiboot, new BootModule(big)));
        Assert.Equal(VmErrorId.FileNotFound, Id(multiboot, new BootModule("/no/such/file")));
        MachineConfiguration forLinux = new() { Name = "x", KernelPath = linux, MemoryBytes = 16 << 20, Modules = [new(big)] };
        Assert.Equal(VmErrorId.ModuleInvalid, Assert.Throws<VmException>(forLinux.Validate).Id);
    }

    [KvmFact]
    public void The_most_and_longest_modules_and_command_line_have_room()
    {
        Reader reader = Run(new Kernel32Builder { Code = [.. Dump([0x89, 0xde], 116), .. TinyGuest.Reset] }.Elf(), (files, configuration) => configuration with
        {
            CommandLine = new string('c', 0xffff - "kernel ".Length),
            Modules = [.. Enumerable.Range(0, 64).Select(i => new BootModule(files.Add($"{i:00}", [1]), new string('x', 508)))],
        });
        reader.Take(20);
        Assert.Equal(64u, reader.U32());
        Assert.InRange(reader.U32(), 0x1_0000u, 0x1_ffffu);
    }

    [Fact]
    public void Linuxs_words_are_not_for_a_Multiboot_kernel()
    {
        using TemporaryFiles files = new();
        Assert.Equal("", MachineConfiguration.DefaultCommandLineFor(files.Add("kernel", new Kernel32Builder().Elf()), BootProtocol.Auto));
        Assert.Equal(MachineConfiguration.DefaultCommandLine, MachineConfiguration.DefaultCommandLineFor(files.Add("linux", new ElfBuilder().Build()), BootProtocol.Auto));
    }

    sealed class TemporaryFiles : IDisposable
    {
        readonly string _directory = Directory.CreateTempSubdirectory("pstoyvmm-test-").FullName;

        public string Add(string name, byte[] content)
        {
            string path = Path.Combine(_directory, name);
            File.WriteAllBytes(path, content);
            return path;
        }

        public void Dispose() => Directory.Delete(_directory, recursive: true);
    }
}
