using PSToyVmm.Engine.Bus;

namespace PSToyVmm.Engine.Devices;

/// <summary>
/// A PC's keyboard controller with an AT keyboard and no aux port (IBM PS/2 Technical Reference, "Keyboard and Auxiliary
/// Device Controller"). Its two ports are devices of their own, because port 0x61 between them is KVM's.
/// </summary>
/// <remarks>
/// Every command that has an answer answers at once, for Linux polls 10,000 times for a missing one. The aux loopback
/// (0xd3) answers as if it came from the keyboard and the aux test (0xa9) names a broken line: after these two Linux knows
/// that there is no mouse. An answer that nobody read is dropped by the next command, as i8042.c relies on just there.
/// </remarks>
public sealed class I8042
{
    const byte OutputFull = 1 << 0, SystemFlag = 1 << 2, WasCommand = 1 << 3, NotLocked = 1 << 4;                    // status
    const byte KeyboardInterrupt = 1 << 0, KeyboardDisabled = 1 << 4, AuxDisabled = 1 << 5, Translate = 1 << 6;      // command byte
    const byte ReadCommandByte = 0x20, WriteCommandByte = 0x60, WriteOutputPort = 0xd1, WriteOutput = 0xd2, LoopAux = 0xd3, WriteAux = 0xd4;

    readonly Lock _gate = new();
    readonly IInterruptLine _irq;
    readonly Action _onReset;
    readonly AtKeyboard _keyboard;
    byte _commandByte, _awaitsData, _lastRead;
    byte? _reply, _output;
    bool _lastWriteWasCommand, _breakPrefix, _irqLevel;

    /// <summary>
    /// Makes a controller as after reset, or as <paramref name="state"/> was. <paramref name="onReset"/> is told when the
    /// guest pulls the processor's reset line; it runs inside the device's lock and may only signal.
    /// </summary>
    public I8042(IInterruptLine irq, Action onReset, I8042State? state = null)
    {
        (_irq, _onReset, state) = (irq, onReset, state ?? I8042State.AfterReset);
        (_commandByte, _awaitsData, _lastRead) = (state.CommandByte, state.AwaitsData, state.LastRead);
        (_reply, _output, _breakPrefix, _lastWriteWasCommand) = (state.Reply, state.Output, state.BreakPrefix, state.LastWriteWasCommand);
        _keyboard = new(state.Keyboard);
        DataPort = new Port(this, _gate, isCommandPort: false);
        CommandPort = new Port(this, _gate, isCommandPort: true);
    }

    /// <summary>One port: 0x60.</summary>
    public IBusDevice DataPort { get; }

    /// <summary>One port: 0x64. Reads the status.</summary>
    public IBusDevice CommandPort { get; }

    /// <summary>What the data port reads next: the controller's answers go before the keyboard's bytes.</summary>
    byte? Waiting => _reply ?? _output;

    /// <summary>
    /// Presses and releases Ctrl+Alt+Del. False when no driver listens: keyboard or its interrupt disabled, scanning off,
    /// or so many bytes unread that this does not fit.
    /// </summary>
    public bool TryPressCtrlAltDelete()
    {
        lock (_gate)
        {
            bool listens = (_commandByte & (KeyboardInterrupt | KeyboardDisabled)) == KeyboardInterrupt;
            if (!listens || !_keyboard.TryPressCtrlAltDelete()) return false;
            Update();
            return true;
        }
    }

    /// <summary>A copy of its state.</summary>
    public I8042State Save()
    {
        lock (_gate)
            return new(_commandByte, _awaitsData, _lastWriteWasCommand, _reply, _output, _lastRead, _breakPrefix, _keyboard.Save());
    }

    // The input buffer is never full: every write is taken at once.
    byte ReadStatus() => (byte)(NotLocked | (_commandByte & SystemFlag)
        | (_lastWriteWasCommand ? WasCommand : 0) | (Waiting is null ? 0 : OutputFull));

    byte ReadData()
    {
        byte? value = Waiting;
        if (_reply is not null) _reply = null;
        else _output = null;
        Update(taken: value is not null);
        return _lastRead = value ?? _lastRead;
    }

    void WriteData(byte value)
    {
        byte command = _awaitsData;
        (_awaitsData, _lastWriteWasCommand) = (0, false);
        switch (command)
        {
            case WriteCommandByte: _commandByte = (byte)(value | AuxDisabled); break;
            case WriteOutputPort: DriveOutputPort(value); break;
            case WriteOutput or LoopAux: _reply = value; break;
            case WriteAux: _reply = 0xfe; break;                       // nobody there
            default:
                _commandByte &= unchecked((byte)~KeyboardDisabled);    // talking to the keyboard turns it on
                _keyboard.Receive(value);
                break;
        }
        Update();
    }

    void WriteCommand(byte command)
    {
        (_awaitsData, _lastWriteWasCommand, _reply) = (0, true, null);
        switch (command)
        {
            case ReadCommandByte: _reply = _commandByte; break;
            case WriteCommandByte or WriteOutputPort or WriteOutput or LoopAux or WriteAux: _awaitsData = command; break;
            case 0xa4: _reply = 0xf1; break;                           // no password installed
            case 0xa9: _reply = 0x02; break;                           // aux test: clock line stuck high
            case 0xaa: (_commandByte, _reply) = ((byte)(_commandByte | SystemFlag), 0x55); break;
            case 0xab: _reply = 0x00; break;                           // keyboard lines are in order
            case 0xad: _commandByte |= KeyboardDisabled; break;
            case 0xae: _commandByte &= unchecked((byte)~KeyboardDisabled); break;
            case 0xc0: _reply = 0x80; break;                           // input port: keyboard not locked
            case 0xd0: _reply = 0b11; break;                           // output port: no reset, A20 on
            case 0xe0: _reply = 0; break;                              // test inputs
            case >= 0xf0: DriveOutputPort((byte)(command | 0xf0)); break;   // pulses the low bits that are 0; 0xfe is reset
            default: break;
        }
        Update();
    }

    void DriveOutputPort(byte value)
    {
        if ((value & 1) == 0) _onReset();
    }

    /// <summary>Moves the keyboard's next byte to the empty output register, and raises IRQ1 for a new byte there.</summary>
    void Update(bool taken = false)
    {
        while (_output is null && (_commandByte & KeyboardDisabled) == 0 && _keyboard.TrySend(out byte sent))
            _output = (_commandByte & Translate) != 0 ? TranslateToSet1(sent) : sent;
        bool level = Waiting is not null && (_commandByte & KeyboardInterrupt) != 0;
        if (level && (taken || !_irqLevel))
            _irq.Pulse();
        _irqLevel = level;
    }

    /// <summary>The controller's table, as far as our keyboard has codes for it; null where the byte is a prefix that vanishes.</summary>
    byte? TranslateToSet1(byte code)
    {
        const byte BreakCode = 0xf0;
        if (code == BreakCode)
        {
            _breakPrefix = true;
            return null;
        }
        byte translated = code switch
        {
            0x14 => 0x1d,                                              // Ctrl
            0x11 => 0x38,                                              // Alt
            0x71 => 0x53,                                              // Delete
            0x83 => 0x41,                                              // second byte of the identity
            0x02 => 0x41,                                              // "scan code set 2"
            _ => code,
        };
        if (_breakPrefix) translated |= 0x80;
        _breakPrefix = false;
        return translated;
    }

    sealed class Port(I8042 controller, Lock gate, bool isCommandPort) : ByteWideDevice("i8042", 1, gate)
    {
        private protected override byte ReadRegister(int register) => isCommandPort ? controller.ReadStatus() : controller.ReadData();

        private protected override void WriteRegister(int register, byte value)
        {
            if (isCommandPort) controller.WriteCommand(value);
            else controller.WriteData(value);
        }
    }
}
