using PSToyVmm.Engine.Devices;
using static PSToyVmm.Tests.Unit.Devices.SerialBench;

namespace PSToyVmm.Tests.Unit.Devices;

/// <summary>A guest's interrupt-driven serial driver, in the two ways in which they are written.</summary>
sealed class GuestDriver(Serial port, bool pollsUntilClear)
{
    readonly Queue<byte> _printing = [];
    byte _ier = Erbfi | Elsi;

    public Serial Port => port;

    public List<byte> Read { get; } = [];

    public void Start(byte fcr)
    {
        port.Out(Fcr, fcr);
        port.Out(Ier, _ier);
    }

    public void Print(byte value)
    {
        _printing.Enqueue(value);
        port.Out(Ier, _ier |= Etbei);
    }

    public void Interrupt()
    {
        do
        {
            switch (port.In(Iir) & 0x0f)
            {
                case 0x01: return;
                case 0x06: port.In(Lsr); break;
                case 0x04 or 0x0c: Receive(); break;
                case 0x02: Transmit(); break;
                default: port.In(Msr); break;
            }
        }
        while (pollsUntilClear);
    }

    void Receive()
    {
        do Read.Add(port.In(Rbr));
        while (pollsUntilClear && (port.In(Lsr) & 1) != 0);
    }

    void Transmit()
    {
        for (int i = 0; i < (pollsUntilClear ? 16 : 1) && _printing.TryDequeue(out byte value); i++)
            port.Out(Thr, value);
        if (_printing.Count == 0)
            port.Out(Ier, _ier &= unchecked((byte)~Etbei));
    }
}
