namespace PSToyVmm.Engine.Devices;

/// <summary>Everything that a guest can find out about a <see cref="Serial"/>.</summary>
/// <param name="Ier">Interrupt enable register.</param>
/// <param name="Fcr">FIFO control register: enable and trigger level, without the reset bits.</param>
/// <param name="Lcr">Line control register.</param>
/// <param name="Mcr">Modem control register.</param>
/// <param name="Scratch">Scratch register.</param>
/// <param name="Divisor">Divisor latch; 12 is 9600 baud.</param>
/// <param name="Received">Bytes in the receiver, oldest first.</param>
/// <param name="Overrun">Line status: a byte was lost (loopback only).</param>
/// <param name="TransmitterEmptied">The transmitter's interrupt was not acknowledged yet.</param>
/// <param name="ModemDelta">The four change bits of the modem status register.</param>
/// <param name="BreakCount">Breaks that the guest has sent.</param>
/// <param name="ReceivedBreaks">Which of the received bytes stand for a break that the guest has not been told of; the oldest is the lowest bit.</param>
public sealed record SerialState(byte Ier, byte Fcr, byte Lcr, byte Mcr, byte Scratch, ushort Divisor, byte[] Received,
    bool Overrun, bool TransmitterEmptied, byte ModemDelta, long BreakCount, uint ReceivedBreaks = 0)
{
    /// <summary>As firmware leaves it: 8n1 at 9600 baud, OUT2 on, everything else off.</summary>
    public static SerialState AfterReset { get; } = new(0, 0, 0b11, 0b1000, 0, 12, [], false, false, 0, 0);
}
