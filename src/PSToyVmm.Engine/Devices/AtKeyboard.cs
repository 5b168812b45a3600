namespace PSToyVmm.Engine.Devices;

/// <summary>
/// The keyboard at the controller's other end (IBM PS/2 Technical Reference, "Keyboard"): answers every command as an
/// MF2 keyboard with scan code set 2 does, and knows one key combination. Its owner locks.
/// </summary>
sealed class AtKeyboard
{
    const byte Acknowledge = 0xfa, Resend = 0xfe, SelfTestPassed = 0xaa, Echo = 0xee;
    const byte ScanCodeSet = 2;

    // Make Ctrl, Alt, Delete; break them in reverse order (set 2: 0xf0 before the code; 0xe0 marks the grey Delete).
    static ReadOnlySpan<byte> CtrlAltDelete => [0x14, 0x11, 0xe0, 0x71, 0xe0, 0xf0, 0x71, 0xf0, 0x11, 0xf0, 0x14];

    readonly ByteFifo _sending = new(16);                              // the size of the real one's buffer
    byte _awaitsArgument, _lastSent;

    public AtKeyboard(AtKeyboardState state)
    {
        (IsScanning, _awaitsArgument, _lastSent) = (state.IsScanning, state.AwaitsArgument, state.LastSent);
        _sending.Enqueue(state.Sending);
    }

    /// <summary>Whether key strokes are sent: on after power-up, until a command turns it off.</summary>
    public bool IsScanning { get; private set; }

    public AtKeyboardState Save() => new(IsScanning, _awaitsArgument, _lastSent, _sending.ToArray());

    public bool TrySend(out byte value)
    {
        if (!_sending.TryDequeue(out value)) return false;
        _lastSent = value;
        return true;
    }

    /// <summary>False when nothing listens or the buffer has no room for all of it.</summary>
    public bool TryPressCtrlAltDelete()
    {
        if (!IsScanning || _sending.Free < CtrlAltDelete.Length) return false;
        _sending.Enqueue(CtrlAltDelete);
        return true;
    }

    public void Receive(byte value)
    {
        // Arguments are below 0x80; a command in their place is obeyed instead.
        byte command = _awaitsArgument;
        _awaitsArgument = 0;
        if (command != 0 && value < 0x80) TakeArgument(command, value);
        else Obey(value);
    }

    void Obey(byte command)
    {
        switch (command)
        {
            case 0xed or 0xf0 or 0xf3:                                 // LEDs, scan code set, typematic rate
                _awaitsArgument = command;
                _sending.Enqueue(Acknowledge);
                break;
            case 0xee:
                _sending.Enqueue(Echo);
                break;
            case 0xf2:                                                 // identify
                _sending.Enqueue([Acknowledge, 0xab, 0x83]);
                break;
            case 0xf4: Restart(scanning: true, Acknowledge); break;
            case 0xf5: Restart(scanning: false, Acknowledge); break;
            case 0xf6: Restart(IsScanning, Acknowledge); break;        // defaults; whether it scans stays
            case >= 0xf7 and <= 0xfa:                                  // all keys typematic, make-break, make: set 3's affair
                _sending.Enqueue(Acknowledge);
                break;
            case 0xfe:
                _sending.Enqueue(_lastSent);
                break;
            case 0xff: Restart(scanning: true, Acknowledge, SelfTestPassed); break;
            default:
                _sending.Enqueue(Resend);
                break;
        }
    }

    void TakeArgument(byte command, byte value)
    {
        if (command != 0xf0 || value == ScanCodeSet) _sending.Enqueue(Acknowledge);
        else if (value == 0) _sending.Enqueue([Acknowledge, ScanCodeSet]);
        else _sending.Enqueue(Resend);                                 // sets 1 and 3 are not there
    }

    void Restart(bool scanning, params ReadOnlySpan<byte> answer)
    {
        IsScanning = scanning;
        _sending.Clear();
        _sending.Enqueue(answer);
    }
}
