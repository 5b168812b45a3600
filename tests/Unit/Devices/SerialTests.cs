using PSToyVmm.Engine.Devices;
using Xunit;
using static PSToyVmm.Tests.Unit.Devices.SerialBench;

namespace PSToyVmm.Tests.Unit.Devices;

public class SerialTests
{
    readonly SerialBench _uart = new();

    [Fact]
    public void After_reset_it_is_idle()
    {
        Assert.Equal(0x00, _uart.In(Ier));
        Assert.Equal(0x01, _uart.In(Iir));
        Assert.Equal(0x60, _uart.In(Lsr));
        Assert.Equal(0xb0, _uart.In(Msr));
        Assert.Equal(0, _uart.Irq.Count);
    }

    [Fact]
    public void What_is_written_to_THR_goes_out_at_once()
    {
        _uart.Out(Thr, 'H');
        _uart.Out(Thr, 'i');
        Assert.Equal("Hi"u8, [.. _uart.Cable.Sent]);
        Assert.Equal(0x60, _uart.In(Lsr));
    }

    [Fact]
    public void The_divisor_latch_hides_data_and_IER()
    {
        _uart.Out(Lcr, 0x83);
        _uart.Out(Dll, 0x34);
        _uart.Out(Dlm, 0x12);
        Assert.Equal((0x34, 0x12), (_uart.In(Dll), _uart.In(Dlm)));
        _uart.Out(Lcr, 0x03);
        Assert.Equal(0x00, _uart.In(Ier));
        Assert.Empty(_uart.Cable.Sent);
        Assert.Equal(0x1234, _uart.Port.Save().Divisor);
    }

    [Fact]
    public void Unused_bits_read_zero()
    {
        _uart.Out(Ier, 0xff);
        _uart.Out(Mcr, 0xff);
        Assert.Equal((0x0f, 0x1f), (_uart.In(Ier), _uart.In(Mcr)));
    }

    [Fact]
    public void Scratch_and_LCR_keep_all_bits()
    {
        _uart.Out(Scr, 0xa5);
        _uart.Out(Lcr, 0xff);
        Assert.Equal((0xa5, 0xff), (_uart.In(Scr), _uart.In(Lcr)));
    }

    [Fact]
    public void A_wide_access_is_bytes_at_successive_registers()
    {
        _uart.Port.Write(Scr - 1, [0x99, 0x42, 0x77]);                 // MSR ignores, scratch takes, nothing is behind
        Assert.Equal(0x42, _uart.In(Scr));
        byte[] data = new byte[4];
        _uart.Port.Read(Lsr, data);
        Assert.Equal([0x60, 0xb0, 0x42, 0xff], data);
        _uart.Port.Read(ulong.MaxValue, data);
        Assert.Equal([0xff, 0xff, 0xff, 0xff], data);
    }

    [Fact]
    public void Breaks_are_counted_at_their_beginning()
    {
        foreach (int lcr in new[] { 0x43, 0x43, 0x03, 0x43, 0x03 }) _uart.Out(Lcr, lcr);
        Assert.Equal(2, _uart.Port.BreakCount);
        Assert.Empty(_uart.Cable.Sent);
    }

    [Theory, InlineData(0x01, 1), InlineData(0x41, 4), InlineData(0x81, 8), InlineData(0xc1, 14)]
    public void The_trigger_level_divides_data_available_from_timeout(int fcr, int trigger)
    {
        _uart.Out(Fcr, fcr);
        _uart.Out(Ier, Erbfi);
        _uart.TypeCount(trigger);
        Assert.Equal(0xc4, _uart.In(Iir));
        _uart.In(Rbr);
        Assert.Equal(trigger == 1 ? 0xc1 : 0xcc, _uart.In(Iir));       // the rest sits below the trigger
        _uart.Drain();
        Assert.Equal(0xc1, _uart.In(Iir));
    }

    [Fact]
    public void Without_FIFOs_one_byte_is_held_and_the_next_waits_outside()
    {
        _uart.Out(Ier, Erbfi);
        _uart.TypeCount(3);
        Assert.Equal(2, _uart.Cable.Waiting.Count);
        Assert.Equal(0x04, _uart.In(Iir));
        Assert.Equal([1, 2, 3], _uart.Drain());
        Assert.Equal(0x60, _uart.In(Lsr));                             // never an overrun
    }

    [Fact]
    public void A_paste_arrives_whole_and_in_order_through_the_FIFO()
    {
        _uart.Out(Fcr, 0xc7);
        _uart.TypeCount(200);
        Assert.Equal(184, _uart.Cable.Waiting.Count);
        Assert.Equal(Enumerable.Range(1, 200).Select(i => (byte)i), _uart.Drain());
    }

    [Theory, InlineData(0x07), InlineData(0x03), InlineData(0x00)]
    public void A_FIFO_reset_forgets_what_was_received(int fcr)
    {
        _uart.Out(Fcr, 0x01);
        _uart.TypeCount(16);
        _uart.Out(Fcr, fcr);
        Assert.Equal(0x60, _uart.In(Lsr));
    }

    [Theory, InlineData(0x05), InlineData(0xc1)]
    public void A_transmitter_reset_or_another_trigger_forgets_nothing(int fcr)
    {
        _uart.Out(Fcr, 0x01);
        _uart.TypeCount(16);
        _uart.Out(Fcr, fcr);
        Assert.Equal(16, _uart.Drain().Count);
    }

    [Fact]
    public void Without_the_enable_bit_the_other_FCR_bits_are_ignored()
    {
        _uart.TypeCount(1);
        _uart.Out(Fcr, 0xc6);
        Assert.Equal(0x01, _uart.In(Iir));
        Assert.Equal([1], _uart.Drain());
    }

    [Fact]
    public void Loopback_turns_the_transmitter_to_the_receiver()
    {
        _uart.Out(Mcr, Loop);
        _uart.Out(Thr, 'x');
        Assert.Empty(_uart.Cable.Sent);
        _uart.Type((byte)'y');                                         // the outside is cut off
        Assert.Equal([(byte)'x'], _uart.Drain());
        _uart.Out(Mcr, 0);
        Assert.Equal([(byte)'y'], _uart.Drain());
    }

    [Fact]
    public void Overrun_with_FIFOs_loses_the_new_byte_and_is_told_once()
    {
        _uart.Out(Fcr, 0x01);
        _uart.Out(Mcr, Loop);
        _uart.Out(Ier, Elsi);
        for (int i = 1; i <= 17; i++) _uart.Out(Thr, i);
        Assert.Equal(1, _uart.Irq.Take());
        Assert.Equal(0xc6, _uart.In(Iir));
        Assert.Equal(0x63, _uart.In(Lsr));
        Assert.Equal(0xc1, _uart.In(Iir));
        Assert.Equal(Enumerable.Range(1, 16).Select(i => (byte)i), _uart.Drain());
    }

    [Fact]
    public void Overrun_without_FIFOs_loses_the_old_byte()
    {
        _uart.Out(Mcr, Loop);
        _uart.Out(Thr, 1);
        _uart.Out(Thr, 2);
        Assert.Equal(0x63, _uart.In(Lsr));
        Assert.Equal(2, _uart.In(Rbr));
        Assert.Equal(0x60, _uart.In(Lsr));
    }

    [Theory, InlineData(0x01, 0x20), InlineData(0x02, 0x10), InlineData(0x04, 0x40), InlineData(0x08, 0x80)]
    public void In_loopback_the_modem_outputs_are_the_inputs(int mcr, int msr)
    {
        _uart.Out(Mcr, Loop | mcr);
        Assert.Equal(msr, _uart.In(Msr) & 0xf0);
    }

    [Fact]
    public void Modem_changes_are_told_once_and_ring_only_when_it_ends()
    {
        _uart.Out(Mcr, Loop | 0x0f);                                   // all up; ring rises
        Assert.Equal(0xf0, _uart.In(Msr));
        _uart.Out(Ier, Edssi);
        _uart.Out(Mcr, Loop);
        Assert.Equal(1, _uart.Irq.Take());
        Assert.Equal(0x00, _uart.In(Iir));
        Assert.Equal(0x0f, _uart.In(Msr));
        Assert.Equal(0x01, _uart.In(Iir));
        Assert.Equal(0x00, _uart.In(Msr));
    }

    [Fact]
    public void A_restored_port_answers_as_the_saved_one_did()
    {
        _uart.Out(Fcr, 0x41);
        _uart.Out(Ier, Erbfi | Etbei);
        _uart.Out(Scr, 0x5a);
        _uart.Out(Mcr, 0x0b);
        _uart.TypeCount(5);
        SerialState saved = _uart.Port.Save();
        SerialBench restored = new(saved);
        Assert.Equivalent(saved, restored.Port.Save());
        restored.Port.NotifyInput();
        Assert.Equal(1, restored.Irq.Take());                          // or the guest's driver would wait for ever
        Assert.Equal((0xc4, 0x5a, 0x0b), (restored.In(Iir), restored.In(Scr), restored.In(Mcr)));
        Assert.Equal([1, 2, 3, 4, 5], restored.Drain());
        Assert.Equal(0xc2, restored.In(Iir));
    }

    [Fact]
    public void A_state_from_elsewhere_cannot_overfill_it()
    {
        SerialBench restored = new(SerialState.AfterReset with { Ier = 0xff, Fcr = 0xff, Mcr = 0xff, ModemDelta = 0xff, Received = new byte[100] });
        Assert.Equal(16, restored.Drain().Count);
        Assert.Equal((0x0f, 0x1f), (restored.In(Ier), restored.In(Mcr)));
    }
}
