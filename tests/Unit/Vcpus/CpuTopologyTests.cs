using PSToyVmm.Engine;
using PSToyVmm.Engine.Vcpus;
using Xunit;

namespace PSToyVmm.Tests.Unit.Vcpus;

public sealed class CpuTopologyTests
{
    [Theory]
    [InlineData("1,1,1", 1, 1, 1)]
    [InlineData("2,4,1", 2, 4, 1)]
    [InlineData(" 2, 3 ,2", 2, 3, 2)]
    [InlineData("sockets=1,cores=4,threads=2", 1, 4, 2)]
    [InlineData("Threads=2, Cores=4", 1, 4, 2)]
    [InlineData("sockets=3", 3, 1, 1)]
    public void Reads_both_ways_of_writing_it(string text, int sockets, int cores, int threads)
    {
        CpuTopology topology = CpuTopology.Parse(text);
        Assert.Equal(new(sockets, cores, threads), topology);
        Assert.Equal(topology, CpuTopology.Parse(topology.ToString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("4")]
    [InlineData("2,4")]
    [InlineData("2,4,1,1")]
    [InlineData("2,4,-1")]
    [InlineData("2,0,1")]
    [InlineData("two,4,1")]
    [InlineData("cores=4,dies=2")]
    [InlineData("cores=4,cores=2")]
    [InlineData("cores=")]
    [InlineData("cores=4=2")]
    [InlineData("1,4097,1")]
    [InlineData("1366,1,3")]
    [InlineData("1025,3,1")]
    [InlineData("4096,4096,4096")]
    [InlineData("2147483647,2147483647,2147483647")]
    [InlineData("99999999999,1,1")]
    public void Refuses_what_is_none(string text) =>
        Assert.Equal(VmErrorId.TopologyInvalid, Assert.Throws<VmException>(() => CpuTopology.Parse(text)).Id);

    [Fact]
    public void Has_to_have_as_many_vcpus_as_the_machine()
    {
        new CpuTopology(2, 3, 2).Validate(12);
        Assert.Contains("12 vCPUs, the machine 8", Assert.Throws<VmException>(() => new CpuTopology(2, 3, 2).Validate(8)).Message);
    }

    [Fact]
    public void Uses_all_ids_to_the_last()
    {
        Assert.Equal(4095u, CpuTopology.Parse("1,4096,1").ApicId(4095));
        Assert.Equal(4094u, CpuTopology.Parse("1024,3,1").ApicId(3071));
    }

    // By hand: a field for 1, 2, 3 to 4, 5 to 8 is 0, 1, 2, 3 bits wide.
    [Theory]
    [InlineData("1,1,1", new uint[] { 0 })]
    [InlineData("1,4,1", new uint[] { 0, 1, 2, 3 })]
    [InlineData("4,1,1", new uint[] { 0, 1, 2, 3 })]
    [InlineData("2,3,2", new uint[] { 0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13 })]
    [InlineData("2,3,1", new uint[] { 0, 1, 2, 4, 5, 6 })]
    [InlineData("2,1,3", new uint[] { 0, 1, 2, 4, 5, 6 })]
    public void Packs_apic_ids_as_hardware_does(string text, uint[] ids)
    {
        CpuTopology topology = CpuTopology.Parse(text);
        Assert.Equal(ids, Enumerable.Range(0, topology.ProcessorCount).Select(topology.ApicId));
    }
}
