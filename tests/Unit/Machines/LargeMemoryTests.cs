using PSToyVmm.Engine.Machines;
using PSToyVmm.Engine.Memory;
using Xunit;

namespace PSToyVmm.Tests.Unit.Machines;

public class LargeMemoryTests
{
    [KvmFact]
    public void A_machine_may_have_more_memory_than_the_host_as_long_as_it_is_not_touched()
    {
        using GuestMachine guest = new([.. TinyGuest.Print("64"), .. TinyGuest.Reset], memory: 64ul << 30);
        Assert.Equal(StopReason.GuestReset, guest.Start().End().StopReason);
        Assert.Equal("64", guest.Output());
    }

    [KvmTheory]
    [InlineData(MemoryBacking.Shared)]
    [InlineData(MemoryBacking.File)]
    public void A_guest_runs_in_memory_that_others_may_map(MemoryBacking backing)
    {
        using TempFile file = new([]);
        MemorySource source = new(backing, Path: backing == MemoryBacking.File ? file.Path : null);
        using GuestMachine guest = new([.. TinyGuest.Print("x"), .. TinyGuest.Spin], configure: plain => plain with { MemorySource = source });
        guest.Start();
        Assert.True(SpinWait.SpinUntil(() => guest.Vm.SerialLog.End == 1, TimeSpan.FromSeconds(30)));
        using FileStream other = new(guest.Vm.MemoryPath!, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 0);
        other.Position = (long)TinyGuest.Base;
        byte[] code = new byte[4];
        other.ReadExactly(code);
        Assert.Equal(TinyGuest.Print("x")[..4], code);
    }
}
