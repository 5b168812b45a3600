namespace PSToyVmm.Terminal;

/// <summary>What a byte is to a terminal.</summary>
enum SequencePart
{
    /// <summary>A character, or a control character of its own.</summary>
    Text,
    /// <summary>Inside of a control sequence; more follows.</summary>
    Inside,
    /// <summary>The last byte of <see cref="ControlSequenceReader.Sequence"/>.</summary>
    Last,
}

/// <summary>Finds control sequences (ECMA-48: ESC and a letter, CSI, OSC, DCS) in a stream of bytes that comes in pieces.</summary>
sealed class ControlSequenceReader
{
    const byte Escape = 0x1b, Bell = 0x07, Cancel = 0x18, Substitute = 0x1a;

    readonly byte[] _sequence = new byte[256]; // a longer one (a picture) is passed on in pieces
    int _length;
    State _state;

    enum State { Ground, Escape, Parameters, Text, TextEscape }

    /// <summary>The sequence so far, from ESC on.</summary>
    public ReadOnlySpan<byte> Sequence => _sequence.AsSpan(0, _length);

    /// <summary>Takes the next byte.</summary>
    public SequencePart Next(byte value)
    {
        if (value == Escape && _state != State.Text) return Begin();
        if (_state == State.Ground) return SequencePart.Text;
        if (value is Cancel or Substitute) return End(SequencePart.Text);

        _sequence[_length++] = value;
        _state = (_state, value) switch
        {
            (State.Escape, (byte)'[') => State.Parameters,
            (State.Escape, (byte)']' or (byte)'P') => State.Text,
            (State.Escape, >= 0x20 and <= 0x2f) => State.Escape,
            (State.Parameters, < 0x40) => State.Parameters,
            (State.Text, Escape) => State.TextEscape,
            (State.Text, not Bell) => State.Text,
            _ => State.Ground,
        };
        return _state == State.Ground || _length == _sequence.Length ? End(SequencePart.Last) : SequencePart.Inside;
    }

    SequencePart Begin()
    {
        (_state, _sequence[0], _length) = (State.Escape, Escape, 1); // a sequence that it interrupts is void
        return SequencePart.Inside;
    }

    SequencePart End(SequencePart part)
    {
        _state = State.Ground;
        return part;
    }
}
