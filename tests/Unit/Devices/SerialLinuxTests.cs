using Xunit;
using static PSToyVmm.Tests.Unit.Devices.SerialBench;

namespace PSToyVmm.Tests.Unit.Devices;

/// <summary>The sequences of Linux's drivers/tty/serial/8250/8250_port.c, step by step.</summary>
public class SerialLinuxTests
{
    readonly SerialBench _uart = new();

    [Fact]
    public void Autoconfig_finds_a_16550A()
    {
        // Is there a UART at all?
        _uart.Out(Ier, 0);
        Assert.Equal(0, _uart.In(Ier) & 0x0f);
        _uart.Out(Ier, 0x0f);
        Assert.Equal(0x0f, _uart.In(Ier) & 0x0f);
        _uart.Out(Ier, 0);
        // Loopback test: RTS and OUT2 come back as CTS and DCD.
        byte mcr = _uart.In(Mcr);
        _uart.Out(Mcr, Loop | 0x0a);
        Assert.Equal(0x90, _uart.In(Msr) & 0xf0);
        _uart.Out(Mcr, mcr);
        // No EFR, so no 16650; FIFOs that work.
        _uart.Out(Lcr, 0xbf);
        _uart.Out(Fcr, 0);
        _uart.Out(Lcr, 0);
        _uart.Out(Fcr, 0x01);
        Assert.Equal(3, _uart.In(Iir) >> 6);
        _uart.Out(Lcr, 0x80);
        Assert.NotEqual(0, _uart.In(Iir));                             // EFR would be 0
        _uart.Out(Lcr, 0xbf);
        Assert.NotEqual(0, _uart.In(Iir));
        // No National Super I/O: LOOP does not show up at offset 2 with LCR = 0xe0.
        _uart.Out(Lcr, 0);
        mcr = _uart.In(Mcr);
        _uart.Out(Mcr, mcr ^ Loop);
        _uart.Out(Lcr, 0xe0);
        int exchanged = _uart.In(Iir);
        _uart.Out(Lcr, 0);
        _uart.Out(Mcr, mcr);
        Assert.Equal(0, (exchanged ^ mcr) & Loop);
        // No 16750: bit 5 of IIR does not follow FCR bit 5, DLAB or not.
        _uart.Out(Fcr, 0x21);
        Assert.Equal(6, _uart.In(Iir) >> 5);
        _uart.Out(Lcr, 0x80);
        _uart.Out(Fcr, 0x21);
        Assert.Equal(6, _uart.In(Iir) >> 5);
        _uart.Out(Lcr, 0);
        // No XScale: UUE does not stick.
        _uart.Out(Ier, 0x40);
        Assert.Equal(0, _uart.In(Ier));
    }

    [Fact]
    public void Startup_finds_no_THRE_bug_and_no_TXEN_bug()
    {
        foreach (int fcr in new[] { 0x01, 0x07, 0x00 }) _uart.Out(Fcr, fcr);
        foreach (int register in new[] { Lsr, Rbr, Iir, Msr }) _uart.In(register);
        Assert.NotEqual(0xff, _uart.In(Lsr));
        // Is THRE raised again by enabling its interrupt, though it was acknowledged?
        _uart.Out(Ier, Etbei);
        Assert.Equal(0x02, _uart.In(Iir));
        _uart.Out(Ier, 0);
        _uart.Out(Ier, Etbei);
        Assert.Equal(0x02, _uart.In(Iir));
        _uart.Out(Ier, 0);
        // Does enabling it interrupt while the transmitter is idle?
        _uart.Out(Ier, Etbei);
        Assert.Equal(0x40, _uart.In(Lsr) & 0x40);
        Assert.Equal(0, _uart.In(Iir) & 0x01);
        _uart.Out(Ier, 0);
        Assert.Equal(0x01, _uart.In(Iir));
    }

    [Fact]
    public void The_interrupt_test_of_probe_irq_sees_an_edge()
    {
        _uart.Out(Mcr, 0x0b);
        _uart.Out(Ier, 0x0f);
        Assert.True(_uart.Irq.Take() > 0);
        foreach (int register in new[] { Lsr, Rbr, Iir, Msr }) _uart.In(register);
        _uart.Out(Thr, 0xff);
        Assert.Equal(1, _uart.Irq.Take());
    }

    [Fact]
    public void A_console_that_polls_with_interrupts_off_is_never_interrupted()
    {
        _uart.Out(Ier, Erbfi | Elsi);
        byte ier = _uart.In(Ier);
        _uart.Out(Ier, 0);
        foreach (byte character in "Linux version"u8)
        {
            Assert.Equal(0x60, _uart.In(Lsr) & 0x60);                  // ready at the first look, each time
            _uart.Out(Thr, character);
        }
        _uart.Out(Ier, ier);
        Assert.Equal("Linux version"u8, [.. _uart.Cable.Sent]);
        Assert.Equal(0, _uart.Irq.Count);
    }
}
