using System.Buffers.Text;
using System.Text;

namespace PSToyVmm.Terminal;

/// <summary>
/// Remembers which modes a guest switched on or off on the way to the terminal (alternate screen, hidden cursor, mouse,
/// bracketed paste, ...), so that the user's shell gets back a terminal that it knows.
/// </summary>
sealed class ScreenModes
{
    /// <summary>Sent on attaching: cursor keys and keypad as a terminal has them after power-on. .NET may have changed them.</summary>
    public static ReadOnlySpan<byte> PlainKeys => "\e[?1l\e>"u8;

    // Scroll region (whose reset moves the cursor, hence saved), attributes, character set, keypad.
    const string Plain = "\e7\e[r\e8\e[0m\e(B\x0f\e>";

    const int AutoWrap = 7, CursorVisible = 25;
    const int HighestMode = 9999, MostModes = 64; // more than any terminal has: a guest may try every number there is
    static readonly int[] s_alternate = [47, 1047, 1049];

    readonly ControlSequenceReader _reader = new();
    readonly SortedSet<int> _switched = []; // those that are not as usual
    bool _otherKeys, _inside;
    int _keyboards, _missing; // bytes of a character, UTF-8

    /// <summary>Whether the last byte ended a character or a sequence, so that something else may come next.</summary>
    public bool IsBetween => !_inside && _missing == 0;

    /// <summary>Whether the guest is on the alternate screen.</summary>
    public bool IsAlternate => Array.Exists(s_alternate, _switched.Contains);

    /// <summary>Where in its output it went there.</summary>
    public long AlternateSince { get; private set; }

    /// <summary>Looks at what goes to the terminal.</summary>
    /// <param name="bytes">That.</param>
    /// <param name="position">Where in the guest's output it begins.</param>
    public void Observe(ReadOnlySpan<byte> bytes, long position = 0)
    {
        foreach (byte value in bytes)
        {
            position++;
            SequencePart part = _reader.Next(value);
            _inside = part == SequencePart.Inside;
            if (part == SequencePart.Text) _missing = Missing(value);
            if (part != SequencePart.Last) continue;
            bool wasAlternate = IsAlternate;
            Note(_reader.Sequence);
            if (IsAlternate && !wasAlternate) AlternateSince = position;
        }
    }

    /// <summary>What to send so that the terminal is as it was.</summary>
    public byte[] Undo()
    {
        StringBuilder undo = new();
        foreach (int mode in _switched) undo.Append($"\e[?{mode}{(IsUsuallyOn(mode) ? 'h' : 'l')}");
        if (_otherKeys) undo.Append("\e[>4m");
        if (_keyboards > 0) undo.Append($"\e[<{_keyboards}u");
        return Encoding.ASCII.GetBytes(undo.Append(Plain).ToString());
    }

    int Missing(byte value) => value switch
    {
        < 0x80 => 0,
        < 0xc0 => int.Max(0, _missing - 1),
        < 0xe0 => 1,
        < 0xf0 => 2,
        _ => 3,
    };

    void Note(ReadOnlySpan<byte> sequence)
    {
        switch (sequence)
        {
            case [_, (byte)'[', (byte)'?', .. var modes, (byte)'h' or (byte)'l']:
                foreach (Range part in modes.Split((byte)';'))
                    if (Utf8Parser.TryParse(modes[part], out int mode, out _)) Switch(mode, sequence[^1] == 'h');
                break;
            case [_, (byte)'[', (byte)'>', (byte)'4', (byte)';', not (byte)'0', (byte)'m']:
                _otherKeys = true;
                break;
            case [_, (byte)'[', (byte)'>', .., (byte)'u']:
                _keyboards++;
                break;
            case [_, (byte)'[', (byte)'<', .., (byte)'u']:
                _keyboards = int.Max(0, _keyboards - 1);
                break;
            case [_, (byte)'c']: // full reset
                _switched.Clear();
                (_otherKeys, _keyboards) = (false, 0);
                break;
        }
    }

    void Switch(int mode, bool on)
    {
        if (mode is < 0 or > HighestMode) return;
        if (on == IsUsuallyOn(mode)) _switched.Remove(mode);
        else if (_switched.Count < MostModes) _switched.Add(mode);
    }

    static bool IsUsuallyOn(int mode) => mode is AutoWrap or CursorVisible;
}
