using PSToyVmm.Engine.Backends;
using PSToyVmm.Engine.Native;
using PSToyVmm.Tests.Unit.Virtio;
using Xunit;
using static PSToyVmm.Tests.Unit.Virtio.GuestBuffer;

namespace PSToyVmm.Tests.Unit.Backends;

/// <summary>A device on its own thread, as in a machine.</summary>
public class DeviceThreadTests
{
    static void Until(Func<bool> condition) => Assert.True(SpinWait.SpinUntil(condition, TimeSpan.FromSeconds(30)));

    [Theory, InlineData(16), InlineData(2), InlineData(1)] // small ones end many turns
    public void Every_buffer_is_served_however_driver_and_device_meet(ushort size)
    {
        using GuestDriver driver = new GuestDriver(new EchoDevice(size) { FlushesEach = true }, threaded: true).Start();
        GuestQueue queue = driver.Queues[0];
        ulong at = driver.Allocate(16);
        int added = 0, taken = 0;
        // Now the driver waits for one, now for many: event indices are passed in every way.
        for (int round = 0; round < 20_000; round++)
        {
            for (int burst = round % 7; burst >= 0 && queue.Free > 0; burst--, added++) queue.Add(ToRead(at, 8));
            queue.Kick();
            for (int want = round % 5; want >= 0 && taken < added; want--, taken++) driver.Await(queue);
        }
        for (; taken < added; taken++) driver.Await(queue);
        Assert.Equal((size, 0L), (queue.Free, driver.Control.Faults));
    }

    [Fact]
    public void A_source_that_is_ready_has_its_turn()
    {
        EventFd source = new();
        EchoDevice device = new(4) { Handles = { source } };
        device.SourceReady = () => source.TryReset();
        using GuestDriver driver = new(device, threaded: true);
        source.Signal(); // no driver yet, so nobody is told
        Thread.Sleep(20);
        Assert.Equal(0, device.SourceTurns);
        driver.Start();
        Until(() => device.SourceTurns == 1);
        source.Signal();
        Until(() => device.SourceTurns == 2);
        driver.Reset();
        source.Signal();
        Thread.Sleep(20);
        Assert.Equal(2, device.SourceTurns);
        source.Dispose();
    }

    [Fact]
    public void The_timers_turn_comes_when_it_is_due()
    {
        EchoDevice device = new(4) { Timer = TimeSpan.Zero };
        using GuestDriver driver = new GuestDriver(device, threaded: true).Start();
        Until(() => device.TimerTurns == 1);
        device.Timer = TimeSpan.FromHours(1);
        driver.Write(0x50, 0);
        Thread.Sleep(20);
        Assert.Equal(1, device.TimerTurns);
    }

    [Fact]
    public void What_a_device_throws_is_told_and_ends_its_thread_only()
    {
        EchoDevice device = new(4) { Throws = new InvalidOperationException("bug") };
        using GuestDriver driver = new GuestDriver(device, threaded: true).Start();
        Until(() => driver.Failure is InvalidOperationException);
        driver.Reset(); // the gate is free
    }

    [Fact]
    public void A_driver_can_reset_a_device_that_is_hard_at_work()
    {
        EchoDevice device = new(16);
        using GuestDriver driver = new(device, threaded: true);
        for (int i = 0; i < 500; i++)
        {
            driver.Start();
            ulong at = driver.Allocate(8);
            while (driver.Queues[0].Free > 0) driver.Queues[0].Add(ToRead(at, 8));
            driver.Queues[0].Kick();
            driver.Reset();
            driver.Memory.Slice(new(0), 4096).Fill(0xee); // whatever is there now is not touched any more
            Thread.SpinWait(i * 10);
            Assert.All(driver.Memory.Slice(new(0), 4096).ToArray(), b => Assert.Equal(0xee, b));
        }
        Assert.Null(driver.Failure);
    }

    [Fact]
    public void A_thread_that_never_ran_can_be_disposed_of_twice()
    {
        using GuestDriver driver = new(new EchoDevice(1));
        DeviceThread thread = new(driver.Control, "never", _ => { });
        thread.Dispose();
        thread.Dispose();
        driver.Control.Notify(0);
    }
}
