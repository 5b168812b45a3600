using System.Text;
using PSToyVmm.Engine.Consoles;
using PSToyVmm.Tests.Unit.Bus;
using Xunit;

namespace PSToyVmm.Tests.Unit.Consoles;

public class CrashWatchTests
{
    static CrashWatch Saw(string text)
    {
        CrashWatch watch = new();
        foreach (byte value in Encoding.UTF8.GetBytes(text)) watch.Add(value);
        return watch;
    }

    [Theory]
    [InlineData("[    0.1] Run /init\r\n", null)]
    [InlineData("[    1.0] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)\r\n", "Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)")]
    [InlineData("Kernel panic - not syncing", null)] // not all of it is there
    [InlineData("[ 2.0] BUG: unable to handle page fault for address: ffff\r\n[ 2.1] Oops: 0002 [#1] SMP\r\n", "BUG: unable to handle page fault for address: ffff")]
    [InlineData("Oops: 0002 [#1] SMP\nmore\nKernel panic - not syncing: Fatal exception\nKernel panic - not syncing: another\n", "Kernel panic - not syncing: Fatal exception")]
    [InlineData("kernel BUG at mm/slub.c:1!\nx\n", "kernel BUG at mm/slub.c:1!")]
    public void The_words_of_a_crash_are_kept(string text, string? expected) => Assert.Equal(expected, Saw(text).Text);

    [Fact]
    public void A_guest_that_cries_without_end_costs_nothing()
    {
        string line = "Kernel panic - " + new string('x', 1000);
        CrashWatch watch = Saw(line + "\n");
        Assert.Equal(256, watch.Text!.Length);
        byte[] bytes = Encoding.UTF8.GetBytes(line + "\nOops: 1\n");
        Assert.Equal(0, Allocation.Of(() =>
        {
            CrashWatch other = watch;
            for (int i = 0; i < 100; i++)
                foreach (byte value in bytes)
                    other.Add(value);
        }));
    }

    [Fact]
    public void Whoever_wants_to_know_is_told_of_the_first_oops_and_the_first_panic()
    {
        List<string?> told = [];
        CrashWatch? watch = null;
        watch = new(() => told.Add(watch!.Text));
        foreach (byte value in "Oops: 1\nOops: 2\nKernel panic - a\nKernel panic - b\nOops: 3\n"u8) watch.Add(value);
        Assert.Equal(["Oops: 1", "Kernel panic - a"], told);
    }
}
