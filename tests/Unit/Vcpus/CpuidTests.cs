using System.Text;
using PSToyVmm.Engine.Kvm.Structs;
using PSToyVmm.Engine.Vcpus;
using Xunit;

namespace PSToyVmm.Tests.Unit.Vcpus;

/// <summary>The leaves that every vCPU of a machine has alike.</summary>
public sealed class CpuidTests
{
    const uint TscKhz = 2_596_094;

    [Theory, InlineData(true), InlineData(false)]
    public void A_guest_sees_a_hypervisor_and_the_timer_there_is(bool tscDeadline)
    {
        KvmCpuidEntry[] leaves = Normalize([SupportedLeaves.Leaf(0), SupportedLeaves.Leaf(1, ebx: 0x0740_1000, ecx: 0x8000)], tscDeadline);
        Assert.Equal(tscDeadline ? 0x8100_0000u : 0x8000_0000u, leaves.Of(1).Ecx);
        Assert.Equal(0x0740_0800u, leaves.Of(1).Ebx);
    }

    [Fact]
    public void Intel_without_counters_power_management_and_user_waits()
    {
        KvmCpuidEntry[] leaves = Normalize(SupportedLeaves.Intel);
        Assert.Equal(0xf7fa_3203u & ~0x8000u | 0x8100_0000u, leaves.Of(1).Ecx);
        Assert.Equal((0x75u, 0x1u), (leaves.Of(6).Eax, leaves.Of(6).Ecx));
        Assert.Equal((0x8u, 0x2000_0000u), (leaves.Of(7).Ecx, leaves.Of(7).Edx));
        Assert.Equal(SupportedLeaves.Leaf(0xa).Values(), leaves.Of(0xa).Values());
    }

    [Fact]
    public void Amd_without_the_msr_of_Intel()
    {
        KvmCpuidEntry[] leaves = Normalize(SupportedLeaves.Amd);
        Assert.Equal(0x10u, leaves.Of(7).Edx);
        Assert.Equal(0x219c_95a9u, leaves.Of(7).Ebx); // fast short rep movsb among them
    }

    [Fact]
    public void A_guest_is_told_the_frequencies()
    {
        KvmCpuidEntry[] leaves = Normalize(SupportedLeaves.Amd);
        Assert.Equal(0x4000_0010u, leaves.Of(0x4000_0000).Eax);
        Assert.Equal((0x4b4d_564bu, 0x564b_4d56u, 0x4du), (leaves.Of(0x4000_0000).Ebx, leaves.Of(0x4000_0000).Ecx, leaves.Of(0x4000_0000).Edx));
        Assert.Equal(0x0100_7efbu, leaves.Of(0x4000_0001).Eax);
        Assert.Equal(SupportedLeaves.Leaf(0x4000_0010, eax: TscKhz, ebx: 1_000_000).Values(), leaves.Of(0x4000_0010).Values());
        Assert.DoesNotContain([.. Cpuid.Normalize(SupportedLeaves.Amd, Host, true, tscKhz: 0)], leaf => leaf.Function == 0x4000_0010);
    }

    [Fact]
    public void A_guest_has_the_name_and_caches_of_the_host_where_kvm_gives_none()
    {
        KvmCpuidEntry[] leaves = Normalize(SupportedLeaves.Amd);
        uint[] words = [.. new uint[] { 0x8000_0002, 0x8000_0003, 0x8000_0004 }.SelectMany(leaf => new[] { leaves.Of(leaf).Eax, leaves.Of(leaf).Ebx, leaves.Of(leaf).Ecx, leaves.Of(leaf).Edx })];
        Assert.Equal("AMD EPYC 9B45 of a test, forty-seven characters\0", Encoding.Latin1.GetString(words.SelectMany(BitConverter.GetBytes).ToArray()));
        Assert.Equal(0xff40_ff40u, leaves.Of(0x8000_0005).Eax); // KVM's own
        // The size of the L3 without the reserved bits beside it.
        Assert.Equal(0x0200_8140u, Normalize([SupportedLeaves.Leaf(0), SupportedLeaves.Leaf(0x8000_0006)]).Of(0x8000_0006).Edx);
    }

    [Fact]
    public void The_host_answers_about_itself()
    {
        CpuidRegisters zero = HostCpuid.Read(0);
        Assert.NotEqual(0u, zero.Eax);
        Assert.Equal(default, HostCpuid.Read(0x8fff_ffff));
    }

    static KvmCpuidEntry[] Normalize(KvmCpuidEntry[] supported, bool tscDeadline = true) => [.. Cpuid.Normalize(supported, Host, tscDeadline, TscKhz)];

    static CpuidRegisters Host(uint function)
    {
        if (function == 0x8000_0006) return new(1, 2, 3, 0x0203_8140);
        byte[] name = Encoding.Latin1.GetBytes("AMD EPYC 9B45 of a test, forty-seven characters\0");
        int at = (int)(function - 0x8000_0002) * 16;
        return new(BitConverter.ToUInt32(name, at), BitConverter.ToUInt32(name, at + 4), BitConverter.ToUInt32(name, at + 8), BitConverter.ToUInt32(name, at + 12));
    }
}
