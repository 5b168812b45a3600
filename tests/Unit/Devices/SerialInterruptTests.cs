using CsCheck;
using Xunit;
using static PSToyVmm.Tests.Unit.Devices.SerialBench;

namespace PSToyVmm.Tests.Unit.Devices;

public class SerialInterruptTests
{
    readonly SerialBench _uart = new();

    [Fact]
    public void Enabling_the_transmitter_interrupt_raises_it_and_reading_IIR_acknowledges_it()
    {
        _uart.Out(Ier, Etbei);
        Assert.Equal(1, _uart.Irq.Take());
        Assert.Equal(0x02, _uart.In(Iir));
        Assert.Equal(0x01, _uart.In(Iir));
        _uart.Out(Ier, Etbei);                                         // no change: no new interrupt
        Assert.Equal(0x01, _uart.In(Iir));
        _uart.Out(Ier, 0);
        _uart.Out(Ier, Etbei);
        Assert.Equal(0x02, _uart.In(Iir));
        Assert.Equal(1, _uart.Irq.Take());
    }

    [Fact]
    public void Writing_THR_empties_it_again_and_raises_one_interrupt_for_a_burst()
    {
        _uart.Out(Ier, Etbei);
        _uart.In(Iir);
        _uart.Irq.Take();
        for (int i = 0; i < 16; i++) _uart.Out(Thr, i);
        Assert.Equal(1, _uart.Irq.Take());
        Assert.Equal(0x02, _uart.In(Iir));
    }

    [Fact]
    public void IIR_acknowledges_the_transmitter_only_when_it_reports_it()
    {
        _uart.Out(Ier, Erbfi | Etbei);
        _uart.TypeCount(1);
        Assert.Equal(0x04, _uart.In(Iir));
        Assert.Equal(0x04, _uart.In(Iir));
        _uart.In(Rbr);
        Assert.Equal(0x02, _uart.In(Iir));
        Assert.Equal(0x01, _uart.In(Iir));
    }

    [Fact]
    public void Sources_are_reported_by_priority()
    {
        _uart.Out(Mcr, Loop);                                          // three modem lines fall
        _uart.Out(Thr, 1);
        _uart.Out(Thr, 2);                                             // overrun
        _uart.Out(Ier, 0x0f);
        Assert.Equal(0x06, _uart.In(Iir));
        _uart.In(Lsr);
        Assert.Equal(0x04, _uart.In(Iir));
        _uart.In(Rbr);
        Assert.Equal(0x02, _uart.In(Iir));
        Assert.Equal(0x00, _uart.In(Iir));
        _uart.In(Msr);
        Assert.Equal(0x01, _uart.In(Iir));
    }

    [Fact]
    public void Nothing_is_signalled_that_is_not_enabled()
    {
        _uart.TypeCount(3);
        _uart.Out(Thr, 1);
        _uart.Out(Mcr, Loop);
        Assert.Equal(0, _uart.Irq.Count);
        Assert.Equal(0x01, _uart.In(Iir));
    }

    [Fact]
    public void A_character_typed_at_an_idle_driver_is_one_interrupt()
    {
        _uart.Out(Fcr, 0x81);
        _uart.Out(Ier, Erbfi | Elsi);
        _uart.TypeCount(1);
        Assert.Equal(1, _uart.Irq.Take());
        Assert.Equal(0xcc, _uart.In(Iir));                             // one byte is below the trigger: a timeout, at once
        _uart.Drain();
        Assert.Equal(0, _uart.Irq.Take());
        Assert.Equal(0xc1, _uart.In(Iir));
    }

    [Fact]
    public void A_driver_that_left_a_byte_unread_hears_of_the_next()
    {
        _uart.Out(Fcr, 0x01);
        _uart.Out(Ier, Erbfi);
        _uart.TypeCount(1);
        Assert.Equal(1, _uart.Irq.Take());
        _uart.TypeCount(1);
        Assert.Equal(1, _uart.Irq.Take());
    }

    /// <summary>What a guest's driver and a user do, in any order.</summary>
    enum Step { Type, Print, TakeInterrupt }

    // A driver that polls IIR until it is clear, as Linux's does, and one that looks once per interrupt, as toy kernels' do:
    // with an edge-triggered controller the second is the one that hangs when an edge is missing.
    [Theory, InlineData(true), InlineData(false)]
    public void No_interrupt_is_ever_lost_on_an_edge_triggered_line(bool pollsUntilClear) =>
        Gen.Select(Gen.Enum<Step>(), Gen.Int[1, 40]).Array[1, 60]
            .Select(Gen.Int[0, 4], Gen.Byte)
            .Sample((steps, fifos, more) =>
            {
                LatchedLine irq = new();
                FakeCable cable = new();
                GuestDriver guest = new(new(irq, cable, cable), pollsUntilClear);
                guest.Start(new byte[] { 0x00, 0x01, 0x41, 0x81, 0xc1 }[fifos]);
                byte next = more, print = more;
                List<byte> typed = [], printed = [];
                foreach ((Step step, int count) in steps)
                    switch (step)
                    {
                        case Step.Type:
                            for (int i = 0; i < count; i++, next++)
                            {
                                cable.Waiting.Enqueue(next);
                                typed.Add(next);
                            }
                            guest.Port.NotifyInput();
                            break;
                        case Step.Print:
                            for (int i = 0; i < count; i++, print++)
                            {
                                guest.Print(print);
                                printed.Add(print);
                            }
                            break;
                        case Step.TakeInterrupt:
                            if (irq.Take()) guest.Interrupt();
                            break;
                    }
                int rounds = 0;
                while (irq.Take())
                {
                    guest.Interrupt();
                    Assert.True(++rounds < 10_000, "an interrupt storm");
                }
                Assert.Equal(typed, guest.Read);
                Assert.Equal(printed, cable.Sent);
                Assert.Equal(0x01, guest.Port.In(Iir) & 0x0f);
            }, iter: 2000);
}
