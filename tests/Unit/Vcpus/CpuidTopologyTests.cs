using PSToyVmm.Engine.Kvm.Structs;
using PSToyVmm.Engine.Vcpus;
using Xunit;

namespace PSToyVmm.Tests.Unit.Vcpus;

/// <summary>Leaves worked out by hand from the SDM and the APM, and read back as Linux reads them.</summary>
public sealed class CpuidTopologyTests
{
    public static TheoryData<string> Topologies => ["1,1,1", "1,4,1", "2,3,2", "1,32,1", "4,1,1", "1,16,2", "3,5,3", "2,1,3", "1,64,2", "127,1,2", "1,255,1", "1,300,1"];

    // One vCPU of each shape: its APIC id, leaf 1 EBX[31:16], HTT, leaf 4 EAX of L1d and L3, leaf 0xb's two levels.
    [Theory]
    [InlineData("1,1,1", 0, 0x0001, false, 0x0000_0121, 0x0000_0163, 0, 1, 0, 1)]
    [InlineData("1,4,1", 3, 0x0304, true, 0x0c00_0121, 0x0c00_c163, 0, 1, 2, 4)]
    [InlineData("2,3,2", 9, 0x0b08, true, 0x0c00_4121, 0x0c01_c163, 1, 2, 3, 6)]
    [InlineData("1,32,1", 31, 0x1f20, true, 0x7c00_0121, 0x7c07_c163, 0, 1, 5, 32)]
    public void Intel_by_hand(string text, int index, uint idAndCount, bool htt, uint l1, uint l3, uint threadShift, uint threads, uint socketShift, uint inSocket)
    {
        KvmCpuidEntry[] leaves = Leaves(SupportedLeaves.Intel, text, index);
        Assert.Equal(idAndCount << 16 | 0x0800, leaves.Of(1).Ebx);
        Assert.Equal(htt, (leaves.Of(1).Edx & 1 << 28) != 0);
        Assert.Equal(l1, leaves.Of(4, 0).Eax);
        Assert.Equal(l3, leaves.Of(4, 3).Eax);
        Assert.Equal(0u, leaves.Of(4, 4).Eax);
        foreach (uint leaf in new uint[] { 0xb, 0x1f })
        {
            Assert.Equal(SupportedLeaves.Leaf(leaf, 0, threadShift, threads, 0x100, idAndCount >> 8).Values(), leaves.Of(leaf, 0).Values());
            Assert.Equal(SupportedLeaves.Leaf(leaf, 1, socketShift, inSocket, 0x201, idAndCount >> 8).Values(), leaves.Of(leaf, 1).Values());
            Assert.Equal(SupportedLeaves.Leaf(leaf, 2, 0, 0, 2, idAndCount >> 8).Values(), leaves.Of(leaf, 2).Values());
        }
    }

    // Leaf 1 EBX[31:16], CmpLegacy and TopologyExtensions, Fn8000_0008 ECX, Fn8000_001D EAX of L1d and L3, Fn8000_001E EBX and ECX.
    [Theory]
    [InlineData("1,1,1", 0, 0x0001, 0x0040_0791, 0x0000, 0x0000_0121, 0x0000_0163, 0x000, 0)]
    [InlineData("1,4,1", 3, 0x0304, 0x0040_0793, 0x2003, 0x0000_0121, 0x0000_c163, 0x003, 0)]
    [InlineData("2,3,2", 9, 0x0b06, 0x0040_0793, 0x3005, 0x0000_4121, 0x0001_c163, 0x101, 1)]
    [InlineData("1,32,1", 31, 0x1f20, 0x0040_0793, 0x501f, 0x0000_0121, 0x0007_c163, 0x01f, 0)]
    public void Amd_by_hand(string text, int index, uint idAndCount, uint features, uint sizes, uint l1, uint l3, uint core, uint node)
    {
        KvmCpuidEntry[] leaves = Leaves(SupportedLeaves.Amd, text, index);
        Assert.Equal(idAndCount << 16 | 0x0800, leaves.Of(1).Ebx);
        Assert.Equal(idAndCount != 1, (leaves.Of(1).Edx & 1 << 28) != 0);
        Assert.Equal(features, leaves.Of(0x8000_0001).Ecx);
        Assert.Equal(sizes, leaves.Of(0x8000_0008).Ecx);
        Assert.Equal(l1, leaves.Of(0x8000_001d, 0).Eax);
        Assert.Equal(l3, leaves.Of(0x8000_001d, 3).Eax);
        Assert.Equal(0u, leaves.Of(0x8000_001d, 4).Eax);
        Assert.Equal(SupportedLeaves.Leaf(0x8000_001e, null, idAndCount >> 8, core, node).Values(), leaves.Of(0x8000_001e).Values());
        Assert.DoesNotContain(leaves, leaf => leaf.Function is 0x1f or 0x8000_0026);
    }

    [Theory, MemberData(nameof(Topologies))]
    public void Linux_finds_each_vcpu_where_it_is(string text)
    {
        CpuTopology topology = CpuTopology.Parse(text);
        for (int index = 0; index < topology.ProcessorCount; index++)
        {
            LinuxPlace place = new((uint)(index / topology.ThreadsPerSocket), (uint)(index / topology.Threads % topology.Cores), (uint)(index % topology.Threads));
            KvmCpuidEntry[] intel = Leaves(SupportedLeaves.Intel, text, index), amd = Leaves(SupportedLeaves.Amd, text, index);
            Assert.Equal(place, LinuxPlace.ByExtendedLeaves(intel, 0xb));
            Assert.Equal(place, LinuxPlace.ByExtendedLeaves(intel, 0x1f));
            Assert.Equal(place, LinuxPlace.ByExtendedLeaves(amd, 0xb));
            Assert.Equal(place, LinuxPlace.ByAmdLegacy(amd));
            // Leaf 4 has six bits for the cores: more than 64 are told by leaf 0xb alone.
            if (topology.Cores <= 64) Assert.Equal(place, LinuxPlace.ByIntelLegacy(intel));
        }
    }

    [Theory, MemberData(nameof(Topologies))]
    public void Linux_shares_caches_within_a_core_and_within_a_socket(string text)
    {
        CpuTopology topology = CpuTopology.Parse(text);
        for (int level = 0; level < 4; level++)
        {
            // Whoever is in the same core (L1, L2) or socket (L3) is in the same group, and nobody else.
            int members = level < 3 ? topology.Threads : topology.ThreadsPerSocket;
            int[] expected = [.. Enumerable.Range(0, topology.ProcessorCount).Select(index => index / members)];
            Assert.Equal(expected, Ranks(index => LinuxPlace.IntelCacheGroup(Leaves(SupportedLeaves.Intel, text, index).Of(4, (uint)level), topology.ApicId(index))));
            Assert.Equal(expected, Ranks(index => LinuxPlace.AmdCacheGroup(Leaves(SupportedLeaves.Amd, text, index).Of(0x8000_001d, (uint)level), topology.ApicId(index))));
        }

        int[] Ranks(Func<int, uint> group)
        {
            uint[] groups = [.. Enumerable.Range(0, topology.ProcessorCount).Select(group)];
            List<uint> order = [.. groups.Distinct()];
            return [.. groups.Select(g => order.IndexOf(g))];
        }
    }

    [Fact]
    public void An_old_host_is_given_no_leaf_beyond_its_own()
    {
        KvmCpuidEntry[] old = [SupportedLeaves.Leaf(0, eax: 0xa, ebx: 0x756e_6547, ecx: 0x6c65_746e, edx: 0x4965_6e69), SupportedLeaves.Leaf(1)];
        Assert.Equal([0u, 1u], Leaves(old, "1,4,1", 2).Select(leaf => leaf.Function));
    }

    static KvmCpuidEntry[] Leaves(KvmCpuidEntry[] supported, string topology, int index)
    {
        List<KvmCpuidEntry> leaves = [.. supported];
        CpuidTopology.Apply(leaves, CpuTopology.Parse(topology), index);
        return [.. leaves];
    }
}
