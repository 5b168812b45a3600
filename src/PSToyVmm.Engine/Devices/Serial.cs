using PSToyVmm.Engine.Bus;

namespace PSToyVmm.Engine.Devices;

/// <summary>
/// An NS16550A on a cable that is always plugged in (DCD, DSR and CTS up) and has no baud rate.
/// Transmission takes no time: THR is empty again as soon as it is written. Reception is as fast as the guest reads: the
/// receiver is filled from <see cref="ISerialInput"/> whenever it has room, so it never overruns and input is never lost
/// but by a FIFO reset of the guest's. As nothing more is on the wire when fewer bytes than the trigger level wait, the
/// character timeout is raised at once, and no byte sits unread.
/// </summary>
/// <remarks>
/// INTR is a level that meets an edge-triggered input, so a source that comes while another is pending makes no edge. A
/// PC's drivers cope by polling IIR until it is clear. Here no driver has to: there is an edge whenever the set of
/// pending sources changes and is not empty, when a byte is read and more wait, and when new input arrives. Too many
/// edges cost a guest one look at IIR; one too few would hang its console. OUT2 does not gate the interrupt.
/// </remarks>
public sealed class Serial : ByteWideDevice
{
    const int FifoDepth = 16;

    readonly IInterruptLine _irq;
    readonly ISerialOutput _output;
    readonly ISerialInput _input;
    readonly ReceiverFifo _received = new(FifoDepth);
    SerialInterrupts _ier, _signalled;
    FifoControl _fcr;
    LineControl _lcr;
    ModemControl _mcr;
    ModemStatus _delta;
    byte _scratch;
    ushort _divisor;
    bool _overrun, _transmitterEmptied;
    long _breaks;

    /// <summary>Makes a port as after reset, or as <paramref name="state"/> was. Call <see cref="NotifyInput"/> after a restore.</summary>
    public Serial(IInterruptLine irq, ISerialOutput output, ISerialInput input, SerialState? state = null)
        : base("serial", SerialRegister.Count)
    {
        state ??= SerialState.AfterReset;
        (_irq, _output, _input) = (irq, output, input);
        _ier = (SerialInterrupts)state.Ier & SerialInterrupts.All;
        _fcr = (FifoControl)state.Fcr & (FifoControl.Enable | FifoControl.Trigger);
        _lcr = (LineControl)state.Lcr;
        _mcr = (ModemControl)state.Mcr & ModemControl.All;
        _delta = (ModemStatus)state.ModemDelta & ModemStatus.Deltas;
        (_scratch, _divisor, _breaks) = (state.Scratch, state.Divisor, state.BreakCount);
        (_overrun, _transmitterEmptied) = (state.Overrun, state.TransmitterEmptied);
        _received.Restore(state.Received.AsSpan(0, Math.Min(state.Received.Length, Depth)), state.ReceivedBreaks);
    }

    /// <summary>Breaks that the guest has sent; they go nowhere.</summary>
    public long BreakCount
    {
        get
        {
            lock (Gate)
                return _breaks;
        }
    }

    int Depth => (_fcr & FifoControl.Enable) != 0 ? FifoDepth : 1;

    int TriggerLevel => (_fcr & FifoControl.Enable) == 0 ? 1 : ((int)_fcr >> 6) switch { 0 => 1, 1 => 4, 2 => 8, _ => 14 };

    bool IsLoopback => (_mcr & ModemControl.Loop) != 0;

    bool IsDivisorLatch => (_lcr & LineControl.DivisorLatch) != 0;

    /// <summary>
    /// There is new input (or the port was just restored): fills the receiver, and repeats the edge of whatever is pending.
    /// Called by any thread but one that holds a lock of the input's.
    /// </summary>
    public void NotifyInput()
    {
        lock (Gate)
        {
            Refill();
            Signal(renewed: SerialInterrupts.All);
        }
    }

    /// <summary>A copy of its state.</summary>
    public SerialState Save()
    {
        lock (Gate)
        {
            return new((byte)_ier, (byte)_fcr, (byte)_lcr, (byte)_mcr, _scratch, _divisor, _received.ToArray(),
                _overrun, _transmitterEmptied, (byte)_delta, _breaks, _received.Breaks);
        }
    }

    private protected override byte ReadRegister(int register) => register switch
    {
        SerialRegister.Data => IsDivisorLatch ? (byte)_divisor : ReadReceived(),
        SerialRegister.InterruptEnable => IsDivisorLatch ? (byte)(_divisor >> 8) : (byte)_ier,
        SerialRegister.InterruptIdentity => Identify(),
        SerialRegister.LineControl => (byte)_lcr,
        SerialRegister.ModemControl => (byte)_mcr,
        SerialRegister.LineStatus => ReadLineStatus(),
        SerialRegister.ModemStatus => ReadModemStatus(),
        _ => _scratch,
    };

    private protected override void WriteRegister(int register, byte value)
    {
        switch (register)
        {
            case SerialRegister.Data when IsDivisorLatch: _divisor = (ushort)(_divisor & 0xff00 | value); break;
            case SerialRegister.Data: Transmit(value); break;
            case SerialRegister.InterruptEnable when IsDivisorLatch: _divisor = (ushort)(_divisor & 0x00ff | value << 8); break;
            case SerialRegister.InterruptEnable: EnableInterrupts((SerialInterrupts)value & SerialInterrupts.All); break;
            case SerialRegister.InterruptIdentity: ControlFifos((FifoControl)value); break;
            case SerialRegister.LineControl: ControlLine((LineControl)value); break;
            case SerialRegister.ModemControl: ControlModem((ModemControl)value & ModemControl.All); break;
            case SerialRegister.Scratch: _scratch = value; break;
            default: break;                                            // LSR and MSR are for reading ("factory testing")
        }
        Signal();
    }

    byte ReadReceived()
    {
        _received.TryDequeue(out byte value);
        Refill();
        Signal(renewed: SerialInterrupts.Received);
        return value;
    }

    void Transmit(byte value)
    {
        if (IsLoopback) Receive(value);
        else _output.Write(value);
        _transmitterEmptied = true;
    }

    /// <summary>Loopback only: what comes from outside waits outside until there is room.</summary>
    void Receive(byte value)
    {
        if (_received.Count == Depth)
        {
            // Data sheet, LSR bit 1: the FIFO keeps what it has and the new byte is lost; without FIFOs it replaces the old.
            _overrun = true;
            if (Depth > 1) return;
            _received.Clear();
        }
        _received.Enqueue(value);
    }

    void Refill()
    {
        if (IsLoopback) return;                                        // the receiver's input is cut off
        while (_received.Count < Depth && _input.TryRead(out byte value, out bool isBreak))
            _received.Enqueue(value, isBreak);
    }

    void EnableInterrupts(SerialInterrupts value)
    {
        // THR is always empty, so enabling its interrupt raises it anew, though it was acknowledged before.
        if ((value & ~_ier & SerialInterrupts.TransmitterEmpty) != 0)
            _transmitterEmptied = true;
        _ier = value;
    }

    void ControlFifos(FifoControl value)
    {
        bool enable = (value & FifoControl.Enable) != 0, wasEnabled = (_fcr & FifoControl.Enable) != 0;
        if (enable != wasEnabled || (enable && (value & FifoControl.ResetReceiver) != 0))
            _received.Clear();
        _fcr = enable ? value & (FifoControl.Enable | FifoControl.Trigger) : FifoControl.None;
        Refill();
    }

    void ControlLine(LineControl value)
    {
        if ((value & ~_lcr & LineControl.Break) != 0)
            _breaks++;
        _lcr = value;
    }

    void ControlModem(ModemControl value)
    {
        ModemStatus before = ModemLines();
        _mcr = value;
        ModemStatus after = ModemLines(), changed = before ^ after;
        _delta |= (ModemStatus)((int)changed >> 4) & ~ModemStatus.TrailingEdgeRing;
        if ((changed & before & ModemStatus.Ring) != 0)
            _delta |= ModemStatus.TrailingEdgeRing;
        Refill();
    }

    /// <summary>In loopback the four outputs are wired to the four inputs.</summary>
    ModemStatus ModemLines()
    {
        if (!IsLoopback)
            return ModemStatus.ClearToSend | ModemStatus.DataSetReady | ModemStatus.CarrierDetect;
        ModemStatus lines = ModemStatus.None;
        if ((_mcr & ModemControl.RequestToSend) != 0) lines |= ModemStatus.ClearToSend;
        if ((_mcr & ModemControl.DataTerminalReady) != 0) lines |= ModemStatus.DataSetReady;
        if ((_mcr & ModemControl.Out1) != 0) lines |= ModemStatus.Ring;
        if ((_mcr & ModemControl.Out2) != 0) lines |= ModemStatus.CarrierDetect;
        return lines;
    }

    byte ReadLineStatus()
    {
        LineStatus status = LineStatus.TransmitHoldingEmpty | LineStatus.TransmitterIdle;
        if (_received.Count > 0) status |= LineStatus.DataReady;
        if (_overrun) status |= LineStatus.Overrun;
        // A break has no stop bit, which makes a framing error too on real lines; every driver that looks at one bit ignores the other.
        if (_received.IsBreakNext) status |= LineStatus.Break;
        // Data sheet, LSR bit 7: with FIFOs, that one of the bytes in there has an error.
        if (_received.Breaks != 0 && (_fcr & FifoControl.Enable) != 0) status |= LineStatus.FifoError;
        _overrun = false;
        _received.AcknowledgeBreak();
        Signal();
        return (byte)status;
    }

    byte ReadModemStatus()
    {
        byte status = (byte)(ModemLines() | _delta);
        _delta = ModemStatus.None;
        Signal();
        return status;
    }

    byte Identify()
    {
        SerialInterrupts pending = Pending();
        byte identity =
            (pending & SerialInterrupts.LineStatus) != 0 ? SerialIdentity.LineStatus
            : (pending & SerialInterrupts.Received) != 0
                ? _received.Count >= TriggerLevel ? SerialIdentity.Received : SerialIdentity.CharacterTimeout
            : (pending & SerialInterrupts.TransmitterEmpty) != 0 ? SerialIdentity.TransmitterEmpty
            : (pending & SerialInterrupts.ModemStatus) != 0 ? SerialIdentity.ModemStatus
            : SerialIdentity.None;
        if (identity == SerialIdentity.TransmitterEmpty)
            _transmitterEmptied = false;                               // reading IIR acknowledges just this one
        Signal();
        return (byte)(identity | ((_fcr & FifoControl.Enable) != 0 ? SerialIdentity.FifosEnabled : 0));
    }

    SerialInterrupts Pending()
    {
        SerialInterrupts sources = SerialInterrupts.None;
        if (_received.Count > 0) sources |= SerialInterrupts.Received;
        if (_transmitterEmptied) sources |= SerialInterrupts.TransmitterEmpty;
        if (_overrun || _received.IsBreakNext) sources |= SerialInterrupts.LineStatus;
        if (_delta != ModemStatus.None) sources |= SerialInterrupts.ModemStatus;
        return sources & _ier;
    }

    /// <summary>An edge, if it is due; <paramref name="renewed"/> sources are due though they were pending before.</summary>
    void Signal(SerialInterrupts renewed = SerialInterrupts.None)
    {
        SerialInterrupts pending = Pending();
        bool changed = pending != _signalled && pending != SerialInterrupts.None;
        if (changed || (pending & renewed) != 0)
            _irq.Pulse();
        _signalled = pending;
    }
}
