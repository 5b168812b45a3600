using PSToyVmm.Engine.Backends;
using PSToyVmm.Engine.Virtio;
using PSToyVmm.Tests.Unit.Bus;
using Xunit;
using static PSToyVmm.Tests.Unit.Virtio.GuestBuffer;

namespace PSToyVmm.Tests.Unit.Virtio;

public class EntropyDeviceTests
{
    [Fact]
    public void Buffers_come_back_full_of_random_bytes()
    {
        using GuestDriver driver = new GuestDriver(new EntropyDevice(new KernelEntropy())).Start();
        Assert.Equal(4u, driver.Read(8));
        ulong at = driver.Allocate(96);
        driver.Queues[0].Add(ToWrite(at, 32), ToWrite(at + 64, 32));
        driver.Queues[0].Kick();
        driver.Run();
        Assert.True(driver.Queues[0].TryTake(out _, out uint written));
        Assert.Equal(64u, written);
        byte[] bytes = driver.Memory.Slice(new(at), 96).ToArray();
        Assert.All(bytes[32..64], b => Assert.Equal(0, b));
        Assert.InRange(bytes[..32].Distinct().Count(), 20, 32);
        Assert.NotEqual(bytes[..32], bytes[64..]);
    }

    [Fact]
    public void A_buffer_of_any_size_is_used_and_said_to_have_what_was_written()
    {
        using GuestDriver driver = new GuestDriver(new EntropyDevice(new KernelEntropy())).Start();
        driver.Queues[0].Add(ToRead(0, 100));
        driver.Queues[0].Add(ToWrite(0x1_0000, 60 << 10), ToWrite(0x2_0000, 60 << 10));
        driver.Queues[0].Kick();
        driver.Run();
        Assert.True(driver.Queues[0].TryTake(out _, out uint none) && driver.Queues[0].TryTake(out _, out uint most) && (none, most) == (0u, 64u << 10));
        Assert.All(driver.Memory.Slice(new(0x2_1000), 0x1000).ToArray(), b => Assert.Equal(0, b));
    }

    [Fact]
    public void A_thousand_requests_allocate_nothing()
    {
        using GuestDriver driver = new GuestDriver(new EntropyDevice(new KernelEntropy())).Start();
        GuestQueue queue = driver.Queues[0];
        ulong at = driver.Allocate(64);
        Assert.Equal(0, Allocation.Of(() =>
        {
            for (int i = 0; i < 1000; i++)
            {
                queue.Add(ToWrite(at, 64));
                queue.Kick();
                driver.Run();
                queue.TryTake(out _, out _);
            }
        }));
    }
}
