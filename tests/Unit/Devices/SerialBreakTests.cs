using PSToyVmm.Engine.Devices;
using Xunit;
using static PSToyVmm.Tests.Unit.Devices.SerialBench;

namespace PSToyVmm.Tests.Unit.Devices;

/// <summary>A break on the line (NS16550A data sheet, LSR bits 4 and 7), as Linux's 8250 driver reads it.</summary>
public class SerialBreakTests
{
    const int Ready = 0x61, Break = 0x10, FifoError = 0x80;

    readonly SerialBench _uart = new();

    [Fact]
    public void A_break_is_a_zero_byte_with_an_indication_that_is_read_once()
    {
        _uart.Cable.Breaks = 1;
        _uart.Type((byte)'h');
        Assert.Equal(Ready | Break, _uart.In(Lsr));                    // without FIFOs bit 7 is always 0
        Assert.Equal(Ready, _uart.In(Lsr));
        Assert.Equal(0, _uart.In(Rbr));
        Assert.Equal(Ready, _uart.In(Lsr));
        Assert.Equal((byte)'h', _uart.In(Rbr));
    }

    [Fact]
    public void It_interrupts_as_a_line_status_until_the_line_status_is_read()
    {
        _uart.Out(Ier, Erbfi | Elsi);
        _uart.Cable.Breaks = 1;
        _uart.Type();
        Assert.Equal(1, _uart.Irq.Take());
        Assert.Equal(0x06, _uart.In(Iir));
        Assert.Equal(0x06, _uart.In(Iir));
        _uart.In(Lsr);
        Assert.Equal(0x04, _uart.In(Iir));
        _uart.In(Rbr);
        Assert.Equal(0x01, _uart.In(Iir));
    }

    [Fact]
    public void In_the_FIFO_it_is_told_when_its_turn_comes_and_bit_7_tells_before()
    {
        _uart.Out(Fcr, 0x01);
        _uart.Out(Ier, Erbfi | Elsi);
        _uart.Type((byte)'a');
        _uart.Cable.Breaks = 2;
        _uart.Type((byte)'h');
        _uart.Irq.Take();
        Assert.Equal(Ready | FifoError, _uart.In(Lsr));
        Assert.Equal(0xc4, _uart.In(Iir));                             // the oldest byte has no error
        Assert.Equal((byte)'a', _uart.In(Rbr));
        Assert.True(_uart.Irq.Take() > 0);
        Assert.Equal(0xc6, _uart.In(Iir));
        Assert.Equal(Ready | Break | FifoError, _uart.In(Lsr));
        Assert.Equal(Ready | FifoError, _uart.In(Lsr));                // the second one
        _uart.In(Rbr);
        Assert.Equal(Ready | Break | FifoError, _uart.In(Lsr));
        Assert.Equal(Ready, _uart.In(Lsr));
        _uart.In(Rbr);
        Assert.Equal([(byte)'h'], _uart.Drain());
    }

    [Fact]
    public void A_byte_that_is_read_takes_its_indication_with_it_and_a_reset_takes_all()
    {
        _uart.Out(Fcr, 0x01);
        _uart.Cable.Breaks = 2;
        _uart.Type((byte)'h');
        _uart.In(Rbr);
        _uart.Out(Fcr, 0x03);
        Assert.Equal(0x60, _uart.In(Lsr));
    }

    [Fact]
    public void It_is_kept_when_the_port_is_saved()
    {
        _uart.Out(Fcr, 0x01);
        _uart.Type((byte)'a');
        _uart.Cable.Breaks = 1;
        _uart.Type();
        SerialBench after = new(_uart.Port.Save());
        Assert.Equal(Ready | FifoError, after.In(Lsr));
        after.In(Rbr);
        Assert.Equal(Ready | Break | FifoError, after.In(Lsr));
    }

    [Fact]
    public void A_state_with_breaks_where_there_are_no_bytes_makes_none() =>
        Assert.Equal(0x60, new SerialBench(SerialState.AfterReset with { ReceivedBreaks = uint.MaxValue }).In(Lsr));
}
