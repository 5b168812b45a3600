using PSToyVmm.Engine;
using PSToyVmm.Engine.Kvm.Structs;
using PSToyVmm.Engine.Vcpus;
using Xunit;

namespace PSToyVmm.Tests.Unit.Vcpus;

public sealed class CpuTemplateTests
{
    [Fact]
    public void Clears_sets_and_leaves_bits()
    {
        List<KvmCpuidEntry> leaves = [.. SupportedLeaves.Intel];
        CpuTemplate template = Template(new CpuidModifier(1, 0, 0, [(CpuidRegister.Eax, new(0xf, 0x7)), (CpuidRegister.Ecx, new(3, 1))]));
        template.Apply(leaves, [.. SupportedLeaves.Intel]);
        template.Verify(leaves, "");
        Assert.Equal(0x50657u, leaves.ToArray().Of(1).Eax); // a version: it may be told as anything
        Assert.Equal(0xf7fa_3201u, leaves.ToArray().Of(1).Ecx);
        Assert.Equal(SupportedLeaves.Intel.Of(7).Values(), leaves.ToArray().Of(7).Values());
    }

    [Fact]
    public void A_feature_that_the_host_lacks_is_not_claimed()
    {
        CpuTemplate template = Template(new CpuidModifier(7, 0, 1, [(CpuidRegister.Ebx, new(0x31, 0x30))]));
        Assert.Contains("sets bit 4 of CPUID leaf 0x7, subleaf 0x0, EBX, which this host does not support (it has 0xd39fffeb)", Refused(template, SupportedLeaves.Intel));
    }

    [Fact]
    public void What_was_normalised_away_may_be_set_again()
    {
        List<KvmCpuidEntry> leaves = Cpuid.Normalize(SupportedLeaves.Intel, _ => default, true, 0);
        Template(new CpuidModifier(7, 0, 1, [(CpuidRegister.Ecx, new(0x20, 0x20))])).Apply(leaves, [.. SupportedLeaves.Intel]);
        Assert.Equal(0x28u, leaves.ToArray().Of(7).Ecx);
    }

    [Theory]
    [InlineData(0x1a, 0, 0, "changes CPUID leaf 0x1a, subleaf 0x0, which this host does not have")]
    [InlineData(0x7, 5, 1, "changes CPUID leaf 0x7, subleaf 0x5, which this host does not have")]
    [InlineData(0x1, 0, 1, "gives CPUID leaf 0x1, subleaf 0x0 the flags 1, where KVM on this host has 0")]
    public void A_leaf_that_the_host_lacks_is_refused(uint leaf, uint subleaf, uint flags, string message) =>
        Assert.Contains(message, Refused(Template(new CpuidModifier(leaf, subleaf, flags, [])), SupportedLeaves.Intel));

    [Fact]
    public void What_came_of_it_is_compared()
    {
        CpuTemplate template = Template(new CpuidModifier(7, 0, 1, [(CpuidRegister.Ebx, new(0x203, 0x002))]));
        VmException e = Assert.Throws<VmException>(() => template.Verify([.. SupportedLeaves.Intel], "KVM keeps"));
        Assert.Equal(VmErrorId.CpuTemplateUnsupported, e.Id);
        Assert.Contains("'test' wants CPUID leaf 0x7, subleaf 0x0, EBX otherwise in bits 0, 9: 0xd39ffdea, where KVM keeps 0xd39fffeb.", e.Message);
    }

    [Fact]
    public void Built_in_ones_are_for_some_processors()
    {
        Assert.Equal(["None", "C3", "T2", "T2S", "T2CL", "T2A"], BuiltInCpuTemplates.Names);
        Assert.True(BuiltInCpuTemplates.IsName("t2cl"));
        Assert.False(BuiltInCpuTemplates.IsName("./T2"));
        Assert.Null(BuiltInCpuTemplates.Find("None"));
        VcpuModel.ThrowIfForOthers(BuiltInCpuTemplates.Find("t2")!, [.. SupportedLeaves.Intel]); // a Skylake
        Assert.Contains("'T2' is for Intel processors, and this host's is AuthenticAMD",
            Assert.Throws<VmException>(() => VcpuModel.ThrowIfForOthers(BuiltInCpuTemplates.Find("T2")!, [.. SupportedLeaves.Amd])).Message);
        Assert.Contains("'T2A' is for Milan (0x00a00f11) processors, and this host's is 0x00a20f10",
            Assert.Throws<VmException>(() => VcpuModel.ThrowIfForOthers(BuiltInCpuTemplates.Find("T2A")!, [.. SupportedLeaves.Amd])).Message);
        Assert.Contains("'T2CL' is for Cascade Lake (0x00050657), Ice Lake (0x000606a6) processors",
            Assert.Throws<VmException>(() => VcpuModel.ThrowIfForOthers(BuiltInCpuTemplates.Find("T2CL")!, [.. SupportedLeaves.Intel])).Message);
    }

    // Filters and values as Firecracker's sources have them, by leaf and register.
    [Theory]
    [InlineData("T2", 1, nameof(CpuidRegister.Eax), 0x0fff_3fff, 0x306f2)]
    [InlineData("T2", 1, nameof(CpuidRegister.Ecx), 0x0004_cdfc, 0)]
    [InlineData("C3", 1, nameof(CpuidRegister.Eax), 0x0fff_3fff, 0x306e4)]
    [InlineData("T2", 0xd, nameof(CpuidRegister.Eax), 0x2f8, 0)]
    [InlineData("T2A", 0x8000_0008, nameof(CpuidRegister.Ebx), 0x001c_0205, 0x001c_0004)]
    [InlineData("T2CL", 0x8000_0001, nameof(CpuidRegister.Edx), 0x07c0_0000, 0)]
    public void Built_in_ones_decide_what_Firecrackers_do(string name, uint leaf, string register, ulong filter, ulong value) =>
        Assert.Contains((Enum.Parse<CpuidRegister>(register), new BitPattern(filter, value)), BuiltInCpuTemplates.Find(name)!.Cpuid.First(modifier => modifier.Leaf == leaf).Registers);

    [Fact]
    public void T2S_hides_weaknesses_as_Firecrackers_does() =>
        Assert.Equal([new MsrModifier(0x10a, new(ulong.MaxValue, 0x0c0a_0c4c))], BuiltInCpuTemplates.Find("T2S")!.Msrs);

    static CpuTemplate Template(CpuidModifier modifier) => new("test") { Cpuid = [modifier] };

    static string Refused(CpuTemplate template, KvmCpuidEntry[] host)
    {
        VmException e = Assert.Throws<VmException>(() => template.Apply([.. host], [.. host]));
        Assert.Equal((VmErrorId.CpuTemplateUnsupported, VmErrorKind.NotSupported), (e.Id, e.Kind));
        return e.Message;
    }
}
