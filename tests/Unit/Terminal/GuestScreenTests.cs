using System.Reflection;
using PSToyVmm.Engine.Consoles;
using PSToyVmm.Terminal;
using Xunit;

namespace PSToyVmm.Tests.Unit.Terminal;

[Collection(nameof(RawTerminal))]
public class GuestScreenTests
{
    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    [Fact]
    public void Whoever_leaves_just_before_it_waits_for_the_guest_is_heard()
    {
        using PseudoTerminal window = new();
        using SerialLog log = new();
        using Interludes interludes = new();
        int leave = Tty.OpenSignal();
        GuestScreen screen = new(log, window.Descriptor, leave) { From = 0, Interactive = false, Interludes = interludes };
        Lock gate = (Lock)typeof(Interludes).GetField("_gate", BindingFlags.NonPublic | BindingFlags.Instance)!.GetValue(interludes)!;
        Thread shows = new(() => screen.Run()) { IsBackground = true };
        lock (gate) // holds it where it is about to ask what to wait for
        {
            shows.Start();
            Assert.True(SpinWait.SpinUntil(() => shows.ThreadState.HasFlag(ThreadState.WaitSleepJoin), s_patience));
            screen.Leave();
        }
        bool hasEnded = shows.Join(s_patience);
        log.Complete(); // where it hangs, its thread is not to outlive the test
        shows.Join();
        _ = Tty.close(leave);
        Assert.True(hasEnded);
    }
}
