using System.Text;
using CsCheck;
using PSToyVmm.Engine;
using PSToyVmm.Engine.Vcpus;
using Xunit;

namespace PSToyVmm.Tests.Unit.Vcpus;

public sealed class CpuTemplateReaderTests
{
    // The example of Firecracker's documentation, with all that it may hold.
    const string Whole = """
        { "kvm_capabilities": ["171", "!56"],
          "cpuid_modifiers": [
            { "leaf": "0x1", "subleaf": "0x0", "flags": 0, "modifiers": [
                { "register": "eax", "bitmap": "0bxxxx000000000011xx00011011110010" },
                { "register": "ecx", "bitmap": "0b1x" } ] },
            { "leaf": "0b111", "subleaf": "0x0", "flags": 1, "modifiers": [] } ],
          "msr_modifiers": [ { "addr": "0x10a", "bitmap": "0b1111_0000" } ] }
        """;

    [Fact]
    public void Reads_Firecrackers_form()
    {
        CpuTemplate template = Read(Whole);
        Assert.Equal([171u], template.Capabilities);
        Assert.Equal([(1u, 0u, 0u), (7u, 0u, 1u)], template.Cpuid.Select(leaf => (leaf.Leaf, leaf.Subleaf, leaf.Flags)));
        Assert.Equal([(CpuidRegister.Eax, new BitPattern(0x0fff_3fff, 0x306f2)), (CpuidRegister.Ecx, new BitPattern(2, 2))], template.Cpuid[0].Registers);
        Assert.Equal([new MsrModifier(0x10a, new(0xff, 0xf0))], template.Msrs);
        Assert.Empty(Read("{}").Cpuid);
        Assert.Equal([171u], Read("\ufeff" + Whole).Capabilities);
    }

    [Theory]
    [InlineData("", "$", "line 1")]
    [InlineData("{", "$", "line 1")]
    [InlineData("{}\n}", "$", "line 2")]
    [InlineData("{,}", "$", "line 1")]
    [InlineData("[]", "$", "an object belongs here, not a list")]
    [InlineData("""{"cpuid":[]}""", "$.cpuid", "not known")]
    [InlineData("""{"Cpuid_modifiers":[]}""", "$.Cpuid_modifiers", "not known")]
    [InlineData("""{"reg_modifiers":[]}""", "$.reg_modifiers", "ARM")]
    [InlineData("""{"vcpu_features":[]}""", "$.vcpu_features", "ARM")]
    [InlineData("""{"msr_modifiers":[],"msr_modifiers":[]}""", "$.msr_modifiers", "twice")]
    [InlineData("""{"cpuid_modifiers":{}}""", "$.cpuid_modifiers", "a list belongs here, not an object")]
    [InlineData("""{"cpuid_modifiers":[1]}""", "$.cpuid_modifiers[0]", "an object belongs here, not a number")]
    [InlineData("""{"cpuid_modifiers":[{}]}""", "$.cpuid_modifiers[0]", "'leaf' is missing")]
    [InlineData("""{"cpuid_modifiers":[{"leaf":1}]}""", "$.cpuid_modifiers[0].leaf", "a string belongs here, not a number")]
    [InlineData("""{"cpuid_modifiers":[{"leaf":"1"}]}""", "$.cpuid_modifiers[0].leaf", "'1' is not a number")]
    [InlineData("""{"cpuid_modifiers":[{"leaf":"0x100000000"}]}""", "$.cpuid_modifiers[0].leaf", "32 bits")]
    [InlineData("""{"cpuid_modifiers":[{"leaf":"0x1","subleaf":"0x"}]}""", "$.cpuid_modifiers[0].subleaf", "'0x'")]
    [InlineData("""{"cpuid_modifiers":[{"leaf":"0x1","subleaf":"0x0","flags":"1"}]}""", "$.cpuid_modifiers[0].flags", "0 to 7")]
    [InlineData("""{"cpuid_modifiers":[{"leaf":"0x1","subleaf":"0x0","flags":8}]}""", "$.cpuid_modifiers[0].flags", "0 to 7")]
    [InlineData("""{"cpuid_modifiers":[{"leaf":"0x1","subleaf":"0x0","flags":0}]}""", "$.cpuid_modifiers[0]", "'modifiers' is missing")]
    [InlineData("""{"cpuid_modifiers":[{"leaf":"0x1","subleaf":"0x0","flags":0,"modifiers":[{"register":"EAX"}]}]}""", "$.cpuid_modifiers[0].modifiers[0].register", "'EAX'")]
    [InlineData("""{"cpuid_modifiers":[{"leaf":"0x1","subleaf":"0x0","flags":0,"modifiers":[{"register":"eax","bitmap":"0b1"},{"register":"ebx","bitmap":"0b12"}]}]}""", "$.cpuid_modifiers[0].modifiers[1].bitmap", "'0b12' is not a bitmap of 1 to 32")]
    [InlineData("""{"cpuid_modifiers":[{"leaf":"0x1","subleaf":"0x0","flags":0,"modifiers":[{"register":"eax"}]}]}""", "$.cpuid_modifiers[0].modifiers[0]", "'bitmap' is missing")]
    [InlineData("""{"cpuid_modifiers":[{"leaf":"0x1","subleaf":"0x0","flags":0,"modifiers":[{"bitmap":"0b1"}]}]}""", "$.cpuid_modifiers[0].modifiers[0]", "'register' is missing")]
    [InlineData("""{"cpuid_modifiers":[{"leaf":"0x1","subleaf":"0x0","flags":0,"modifiers":[{"mask":"0b1"}]}]}""", "$.cpuid_modifiers[0].modifiers[0].mask", "not known")]
    [InlineData("""{"cpuid_modifiers":[{"leaf":"0x1","index":"0x0"}]}""", "$.cpuid_modifiers[0].index", "not known")]
    [InlineData("""{"msr_modifiers":[{"addr":"0x10a"}]}""", "$.msr_modifiers[0]", "'bitmap' is missing")]
    [InlineData("""{"msr_modifiers":[{"addr":"0x10a","bitmap":null}]}""", "$.msr_modifiers[0].bitmap", "not null")]
    [InlineData("""{"msr_modifiers":[{"address":"0x10a"}]}""", "$.msr_modifiers[0].address", "not known")]
    [InlineData("""{"kvm_capabilities":["171","!!1"]}""", "$.kvm_capabilities[1]", "'!!1'")]
    [InlineData("""{"kvm_capabilities":[171]}""", "$.kvm_capabilities[0]", "a string belongs here")]
    [InlineData("""{"kvm_capabilities":["\ud800"]}""", "$", "Unicode")]
    public void Each_fault_names_its_place(string json, string path, string what)
    {
        VmException e = Assert.Throws<VmException>(() => Read(json));
        Assert.Equal(VmErrorId.CpuTemplateInvalid, e.Id);
        Assert.Contains($"not valid at {path}: ", e.Message);
        Assert.Contains(what, e.Message);
    }

    [Fact]
    public void Deep_nesting_is_a_fault_too() =>
        Assert.Equal(VmErrorId.CpuTemplateInvalid, Assert.Throws<VmException>(() => Read(new string('[', 100_000))).Id);

    [Fact]
    public async Task Very_many_keys_are_read_in_time()
    {
        string json = $"{{{string.Join(',', Enumerable.Range(0, CpuTemplateReader.LargestFile / 11).Select(i => $"\"{i:x5}\":0"))}}}";
        await Task.Run(() => Assert.Throws<VmException>(() => Read(json))).WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public void Damaged_text_is_a_fault_or_a_template_and_nothing_else() =>
        Gen.Select(Gen.Int[0, Whole.Length - 1], Gen.Byte, Gen.Int[0, Whole.Length - 1], Gen.Byte).Sample((at, value, at2, value2) =>
        {
            byte[] text = Encoding.UTF8.GetBytes(Whole);
            (text[at], text[at2]) = (value, value2);
            try
            {
                CpuTemplateReader.Read("test", text);
            }
            catch (VmException e)
            {
                Assert.Equal(VmErrorId.CpuTemplateInvalid, e.Id);
            }
        }, iter: 5000);

    static CpuTemplate Read(string json) => CpuTemplateReader.Read("test.json", Encoding.UTF8.GetBytes(json));
}
