using PSToyVmm.Engine.Virtio;
using PSToyVmm.Tests.Unit.Bus;
using Xunit;
using static PSToyVmm.Tests.Unit.Virtio.GuestBuffer;

namespace PSToyVmm.Tests.Unit.Virtio;

/// <summary>The registers and the state machine behind them (virtio 1.2, 4.2.2, 2.1 and 3.1.1).</summary>
public sealed class MmioTransportTests : IDisposable
{
    readonly EchoDevice _device = new(8, 4);
    readonly GuestDriver _driver;

    public MmioTransportTests() => _driver = new(_device);

    public void Dispose() => _driver.Dispose();

    [Theory]
    [InlineData(0x00, 0x7472_6976u), InlineData(0x04, 2u), InlineData(0x08, 42u), InlineData(0x0c, 0x5659_4f54u)]
    [InlineData(0x10, 0x3000_0020u), InlineData(0x34, 8u), InlineData(0x44, 0u), InlineData(0x60, 0u), InlineData(0x70, 0u), InlineData(0xfc, 0u)]
    [InlineData(0xb0, uint.MaxValue), InlineData(0xb4, uint.MaxValue), InlineData(0xb8, uint.MaxValue), InlineData(0xbc, uint.MaxValue)]
    [InlineData(0x14, 0u), InlineData(0x50, 0u), InlineData(0x80, 0u), InlineData(0xc0, 0u), InlineData(0x54, 0u)]
    public void Registers_read_after_a_reset(uint register, uint value) => Assert.Equal(value, _driver.Read(register));

    [Theory, InlineData(1), InlineData(2), InlineData(8)]
    public void Registers_take_32_bits_only(int width)
    {
        byte[] data = new byte[width];
        data.AsSpan().Fill(0xff);
        _driver.Transport.Read(0, data);
        Assert.All(data, b => Assert.Equal(0, b));
        data[0] = 1;
        _driver.Transport.Write(0x70, data);
        Assert.Equal(VirtioStatus.None, _driver.Status);
    }

    [Fact]
    public void Features_have_two_halves_and_no_more()
    {
        Assert.Equal(VirtioFeature.OfEveryDevice | EchoDevice.Feature, _driver.OfferedFeatures());
        _driver.Write(0x14, 2);
        Assert.Equal(0u, _driver.Read(0x10));
    }

    [Theory]
    [InlineData(VirtioFeature.Version1, true)]
    [InlineData(VirtioFeature.Version1 | EchoDevice.Feature, true)]
    [InlineData(VirtioFeature.OfEveryDevice, true)]
    [InlineData(0ul, false)] // a legacy driver
    [InlineData(EchoDevice.Feature, false)]
    [InlineData(VirtioFeature.Version1 | 1, false)] // not offered
    [InlineData(VirtioFeature.Version1 | 1ul << 63, false)]
    public void Features_are_agreed_on_or_not(ulong features, bool isAgreed)
    {
        _driver.Write(0x70, 3);
        _driver.AcceptFeatures(features);
        _driver.Write(0x70, 11);
        Assert.Equal((VirtioStatus)(isAgreed ? 11 : 3), _driver.Status);
        _driver.Write(0x70, 15);
        Assert.Equal((VirtioStatus)(isAgreed ? 15 : 3), _driver.Status);
        Assert.Equal(isAgreed ? 1 : 0, _device.Starts);
    }

    [Fact]
    public void What_was_agreed_on_stays()
    {
        _driver.Start(~EchoDevice.Feature);
        _driver.AcceptFeatures(VirtioFeature.Version1 | EchoDevice.Feature);
        Assert.Equal(VirtioFeature.OfEveryDevice, _driver.Control.Features);
        _driver.Write(0x30, 0);
        _driver.Write(0x38, 2);
        _driver.Write(0x80, 0);
        Assert.Equal(8, _device[0].Size);
    }

    [Theory]
    [InlineData(0xffu, 0x83u)] // FAILED: it has given up; and DEVICE_NEEDS_RESET is not the driver's to set
    [InlineData(4u, 0u)] // DRIVER_OK out of turn
    [InlineData(8u, 0u)]
    [InlineData(0x100u, 0u)]
    [InlineData(1u, 1u)]
    public void Status_bits_come_when_they_may(uint value, uint status)
    {
        _driver.Write(0x70, value);
        Assert.Equal((VirtioStatus)status, _driver.Status);
    }

    [Fact]
    public void Status_bits_go_by_a_reset_only()
    {
        _driver.Start();
        _driver.Write(0x70, 1);
        Assert.Equal((VirtioStatus)15, _driver.Status);
        _driver.Write(0x70, 0x100);
        Assert.Equal((VirtioStatus)15, _driver.Status);
        _driver.Write(0x70, 15);
        Assert.Equal(1, _device.Starts);
        _driver.Write(0x30, 1);
        int resets = _device.Resets;
        _driver.Write(0x70, 0);
        Assert.Equal((VirtioStatus.None, resets + 1), (_driver.Status, _device.Resets));
        Assert.Equal((8u, 0u), (_driver.Read(0x34), _driver.Read(0x44))); // QueueSel too
    }

    [Fact]
    public void A_driver_without_a_queue_that_it_does_not_need_is_served()
    {
        _driver.Write(0x70, 3);
        _driver.AcceptFeatures(VirtioFeature.Version1);
        _driver.Write(0x70, 15);
        _driver.Write(0x50, 0);
        Assert.Equal(3, _driver.Run()); // one for each queue at the start, and this
        Assert.Equal((0L, (VirtioStatus)15), (_driver.Control.Faults, _driver.Status));
    }

    [Theory, InlineData(2u), InlineData(0xffffu), InlineData(uint.MaxValue)]
    public void There_are_no_other_queues(uint queue)
    {
        _driver.Start();
        _driver.Run();
        _driver.Write(0x30, queue);
        Assert.Equal((0u, 0u), (_driver.Read(0x34), _driver.Read(0x44)));
        foreach (uint register in (uint[])[0x38, 0x44, 0x80, 0x84, 0x90, 0x94, 0xa0, 0xa4]) _driver.Write(register, 1);
        Assert.Equal(0u, _driver.Read(0x44));
        _driver.Write(0x50, queue);
        Assert.Equal(0, _driver.Run());
    }

    [Fact]
    public void A_queue_switched_off_is_off_until_the_reset()
    {
        _driver.Start();
        _driver.Queues[0].Add(ToRead(0, 1));
        _driver.Write(0x30, 0);
        _driver.Write(0x44, 0);
        Assert.Equal((0u, 1), (_driver.Read(0x44), Math.Min(_device.Quiesces, 1)));
        _driver.Write(0x50, 0);
        _driver.Run();
        Assert.Equal((0, 0L), (_driver.Queues[0].UsedIndex, _driver.Control.Faults));
        _driver.Write(0x44, 1);
        Assert.Equal(0u, _driver.Read(0x44));
        _driver.Write(0x30, 1);
        Assert.Equal(1u, _driver.Read(0x44));
    }

    [Theory, InlineData(0u, 1), InlineData(0u, 8), InlineData(2u, 4), InlineData(5u, 4), InlineData(6u, 2), InlineData(0xeffu, 1), InlineData(uint.MaxValue, 8)]
    public void The_configuration_space_reads_at_any_offset_and_width(uint offset, int width)
    {
        byte[] all = [1, 2, 3, 4, 5, 6, .. new byte[16]];
        Assert.Equal(all[(int)Math.Min(offset, 6)..][..width], _driver.ReadConfig(offset, width));
    }

    [Fact]
    public void A_driver_writes_the_configuration_space_and_nobody_else()
    {
        _driver.Transport.Write(0x100, [9, 9]);
        Assert.Equal(1, _device.Config[0]);
        _driver.Write(0x70, 3);
        _driver.Transport.Write(0x100, [9, 9]);
        _driver.Transport.Write(0x105, [8, 8]);
        Assert.Equal([9, 9, 3, 4, 5, 8], _device.Config);
        _driver.Write(0x70, 0x80);
        _driver.Transport.Write(0x100, [7]);
        Assert.Equal(9, _device.Config[0]);
    }

    [Fact]
    public void A_change_of_the_configuration_has_a_new_generation_and_an_interrupt()
    {
        _device.ChangeConfig(7);
        Assert.Equal((1u, 0), (_driver.Read(0xfc), _driver.Interrupts)); // nobody listens yet
        _driver.Start();
        _device.ChangeConfig(8);
        Assert.Equal((2u, 1, 2u), (_driver.Read(0xfc), _driver.Interrupts, _driver.AcknowledgeInterrupt()));
        _driver.Reset();
        Assert.Equal(2u, _driver.Read(0xfc));
    }

    [Fact]
    public void What_is_acknowledged_goes_and_the_rest_stays()
    {
        _driver.Start();
        _device.ChangeConfig(8);
        _driver.Queues[0].Add(ToRead(0, 1));
        _driver.Queues[0].Kick();
        _driver.Run();
        Assert.Equal(3u, _driver.Read(0x60));
        _driver.Write(0x64, 2);
        Assert.Equal(1u, _driver.Read(0x60));
        _driver.Write(0x70, 0);
        Assert.Equal(0u, _driver.Read(0x60));
    }

    [Fact]
    public void A_hundred_thousand_accesses_allocate_nothing()
    {
        _driver.Start();
        _driver.Control.Notified = _ => { };
        byte[] data = new byte[8];
        Assert.Equal(0, Allocation.Of(() =>
        {
            for (uint i = 0; i < 100_000; i++)
            {
                _driver.Read(i % 0x120);
                _driver.Write(0x30, i % 3);
                _driver.Write(0x50, i % 3);
                _driver.Write(0x64, i);
                _driver.Transport.Read(0x100 + (i % 8), data);
            }
        }));
    }

    [Fact]
    public void A_device_goes_on_from_its_saved_state()
    {
        _driver.Start(queueSize: 4);
        GuestQueue queue = _driver.Queues[0];
        for (int i = 0; i < 3; i++) queue.Add(ToRead(0, 1));
        queue.Kick();
        _driver.Run();
        queue.Add(ToRead(0, 1)); // not yet seen
        _driver.Write(0x30, 1);
        MmioTransportState state = _driver.Transport.Save();

        EchoDevice copy = new(8, 4);
        GuestDriver after = new(copy, state: state, shared: _driver.Memory);
        Assert.Equal((1, (VirtioStatus)15), (copy.Starts, after.Status));
        Assert.Equal((4u, 1u, 1u), (after.Read(0x34), after.Read(0x44), after.Read(0x60)));
        Assert.Equal(_driver.Control.Features, after.Control.Features);
        after.Write(0x50, 0);
        after.Run();
        Assert.Equal((4, 1L), (queue.UsedIndex, copy[0].Popped));
        Assert.Equal(state with { Control = null! }, after.Transport.Save() with { Control = null! });
        Assert.Equal([new VirtqueueState(4, true, queue.Table, queue.Available, queue.Used, 4, 4), state.Control.Queues[1]], after.Transport.Save().Control.Queues);
    }
}
