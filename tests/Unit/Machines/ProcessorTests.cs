using System.Buffers.Binary;
using PSToyVmm.Engine;
using PSToyVmm.Engine.Machines;
using PSToyVmm.Engine.Vcpus;
using Xunit;

namespace PSToyVmm.Tests.Unit.Machines;

/// <summary>What a guest reads by the CPUID instruction itself, and templates on this host's KVM, whichever it is.</summary>
public sealed class ProcessorTests
{
    [KvmFact]
    public void A_guest_reads_the_frequencies_and_its_place()
    {
        Assert.Equal(1_000_000u, Cpuid(0x4000_0010, 0, s_ebx));
        Assert.InRange(Cpuid(0x4000_0010, 0, s_eax), 100_000u, 10_000_000u); // kHz
        Assert.Equal(0x0001_0800u, Cpuid(1, 0, s_ebx) & 0xffff_ff00); // APIC id 0, one logical processor
        Assert.Equal(1u, Cpuid(0xb, 0, s_ebx));
        Assert.Equal(0x201u, Cpuid(0xb, 1, s_ecx));
    }

    [KvmFact]
    public void A_guest_has_a_processor_with_a_name() => Assert.NotEqual(0u, Cpuid(0x8000_0002, 0, s_eax));

    [KvmFact]
    public void A_template_changes_what_the_guest_reads()
    {
        uint before = Cpuid(0x8000_0008, 0, s_eax);
        string template = """
            {"cpuid_modifiers":[{"leaf":"0x80000008","subleaf":"0x0","flags":0,"modifiers":[{"register":"eax","bitmap":"0b00100100"}]}],
             "msr_modifiers":[{"addr":"0x277","bitmap":"0b00000111_00000100"}]}
            """;
        Assert.Equal(before & ~0xffu | 36, Cpuid(0x8000_0008, 0, s_eax, template)); // physical addresses of 36 bits
    }

    [KvmTheory]
    // Leaf 1's APIC id and leaf 0xb are the topology's.
    [InlineData("""{"cpuid_modifiers":[{"leaf":"0xb","subleaf":"0x0","flags":1,"modifiers":[{"register":"ebx","bitmap":"0b10"}]}]}""", "leaf 0xb, subleaf 0x0, EBX otherwise in bits 0-1: 0x00000002, where the machine's topology makes it 0x00000001")]
    [InlineData("""{"cpuid_modifiers":[{"leaf":"0x12345678","subleaf":"0x0","flags":0,"modifiers":[]}]}""", "leaf 0x12345678, subleaf 0x0, which this host does not have")]
    [InlineData("""{"msr_modifiers":[{"addr":"0xdeadbeef","bitmap":"0b1"}]}""", "MSR 0xdeadbeef")]
    // The register has no bit 63: KVM refuses the value.
    [InlineData("""{"msr_modifiers":[{"addr":"0x2ff","bitmap":"0b1000000000000000000000000000000000000000000000000000000000000000"}]}""", "MSR 0x2ff")]
    [InlineData("""{"kvm_capabilities":["999999"]}""", "needs KVM's capability 999999")]
    public void A_template_that_the_host_cannot_honour_is_an_error(string template, string message)
    {
        VmException e = Assert.Throws<VmException>(() => Cpuid(0, 0, s_eax, template));
        Assert.Equal(VmErrorId.CpuTemplateUnsupported, e.Id);
        Assert.Contains(message, e.Message);
    }

    [KvmFact]
    public void A_feature_is_gone_or_the_machine_does_not_start()
    {
        // RDRAND: a KVM that only interprets kernel mode does not take it away, and is caught.
        string template = """{"cpuid_modifiers":[{"leaf":"0x1","subleaf":"0x0","flags":0,"modifiers":[{"register":"ecx","bitmap":"0bx0xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}]}]}""";
        try
        {
            Assert.Equal(0u, Cpuid(1, 0, s_ecx, template) & 1 << 30);
        }
        catch (VmException e)
        {
            Assert.Equal(VmErrorId.CpuTemplateUnsupported, e.Id);
            Assert.Contains("leaf 0x1, subleaf 0x0, ECX otherwise in bit 30: 0x", e.Message);
        }
    }

    [KvmFact]
    public void A_template_for_other_processors_names_this_one()
    {
        string other = HostCpuid.Read(0).Ecx == 0x6c65_746e ? "T2A" : "T2";
        using GuestMachine guest = new(TinyGuest.Reset);
        using VirtualMachine vm = new(guest.Vm.Configuration with { CpuTemplate = other });
        Assert.Contains($"'{other}' is for", Assert.Throws<VmException>(vm.Start).Message);
    }

    [Fact]
    public void A_template_file_is_read_when_the_machine_is_made()
    {
        using GuestMachine guest = new(TinyGuest.Reset);
        MachineConfiguration with(string template) => guest.Vm.Configuration with { CpuTemplate = template };
        with("None").Validate();
        with("c3").Validate();
        Assert.Equal(VmErrorId.FileNotFound, Assert.Throws<VmException>(with("/nowhere/T2").Validate).Id);
        Assert.Equal(VmErrorId.PathIsDirectory, Assert.Throws<VmException>(with("/tmp").Validate).Id);
        using TempFile wrong = new("{}}"u8.ToArray()), large = new(new byte[CpuTemplateReader.LargestFile + 1]);
        Assert.Equal(VmErrorId.CpuTemplateInvalid, Assert.Throws<VmException>(with(wrong.Path).Validate).Id);
        Assert.Contains("too many", Assert.Throws<VmException>(with(large.Path).Validate).Message);
    }

    // mov ebp, eax and so on: the register to be printed.
    static readonly byte[] s_eax = [0x89, 0xc5], s_ebx = [0x89, 0xdd], s_ecx = [0x89, 0xcd];

    static uint Cpuid(uint leaf, uint subleaf, byte[] moved, string? template = null)
    {
        byte[] code =
        [
            0xb8, .. BitConverter.GetBytes(leaf), // mov eax, leaf
            0xb9, .. BitConverter.GetBytes(subleaf), // mov ecx, subleaf
            0x0f, 0xa2, // cpuid
            .. moved,
            0x66, 0xba, 0xf8, 0x03, // mov dx, 0x3f8
            .. Enumerable.Repeat<byte[]>([0x89, 0xe8, 0xee, 0xc1, 0xed, 0x08], 4).SelectMany(b => b), // mov eax, ebp; out dx, al; shr ebp, 8
            .. TinyGuest.Reset,
        ];
        using GuestMachine guest = new(code);
        using TempFile? file = template is null ? null : new(System.Text.Encoding.UTF8.GetBytes(template));
        using VirtualMachine vm = new(guest.Vm.Configuration with { CpuTemplate = file?.Path });
        vm.Start();
        Assert.True(vm.WaitFor(MachineState.Off, TimeSpan.FromSeconds(30), CancellationToken.None), vm.Status);
        byte[] output = new byte[16];
        long position = 0;
        Assert.True(vm.SerialLog.Read(ref position, output) == 4, vm.Status);
        return BinaryPrimitives.ReadUInt32LittleEndian(output);
    }
}
