using System.Buffers.Text;

namespace PSToyVmm.Terminal;

/// <summary>
/// Tells the guest's keys from ours. The escape key detaches, alone or before any other key, as it always did; only before
/// <c>?</c> it opens the menu, whose next key is a choice. Sequences that a terminal sends by itself (an answer to the guest,
/// the mouse) never count as a key.
/// </summary>
sealed class EscapeKeys
{
    const byte Escape = 0x1b, MenuKey = (byte)'?';
    const int Other = 0xfffd;

    State _state;
    int _missing; // bytes of the last key's character, UTF-8, that have not come yet

    enum State { Guest, Escaped, Menu }

    /// <summary>Whether the escape key was the last, and nobody knows yet what follows.</summary>
    public bool IsUndecided => _state == State.Escaped;

    /// <summary>The key that was chosen in the menu, as a small letter.</summary>
    public char Choice { get; private set; }

    /// <summary>Takes the next part off what was typed.</summary>
    public TypedPart Next(ref ReadOnlySpan<byte> typed, out ReadOnlySpan<byte> forGuest)
    {
        forGuest = default;
        if (Continues(typed, _missing) is > 0 and int rest)
        {
            Take(ref typed, rest);
            _missing -= rest;
            return TypedPart.None;
        }
        _missing = 0;
        int escape = EscapeKey.IndexIn(typed, out int length);
        if (escape == 0) return AtEscapeKey(ref typed, length);
        if (_state != State.Guest) return AtKey(ref typed, out forGuest);
        forGuest = Take(ref typed, escape < 0 ? typed.Length : escape);
        return TypedPart.Guest;
    }

    TypedPart AtEscapeKey(ref ReadOnlySpan<byte> typed, int length)
    {
        if (_state != State.Guest) return Detach(ref typed);
        Take(ref typed, length);
        _state = State.Escaped;
        return TypedPart.Escape;
    }

    TypedPart AtKey(ref ReadOnlySpan<byte> typed, out ReadOnlySpan<byte> forGuest)
    {
        forGuest = default;
        bool isMenu = _state == State.Menu;
        ReadOnlySpan<byte> key = Take(ref typed, KeyLength(typed));
        _missing = int.Max(0, CharacterLength(key[0]) - key.Length);
        int code = CodeOf(key);
        if (code < 0)
        {
            if (!isMenu) forGuest = key;
            return isMenu ? TypedPart.None : TypedPart.Guest;
        }
        if (!isMenu && code != MenuKey) return Detach(ref typed);
        (_state, Choice) = (isMenu ? State.Guest : State.Menu, char.ToLowerInvariant((char)code));
        return !isMenu ? TypedPart.Menu : code == Escape ? TypedPart.Back : TypedPart.Choice;
    }

    /// <summary>What is typed behind it is nobody's.</summary>
    TypedPart Detach(ref ReadOnlySpan<byte> typed)
    {
        _state = State.Guest;
        typed = default;
        return TypedPart.Detach;
    }

    static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> typed, int length)
    {
        ReadOnlySpan<byte> taken = typed[..length];
        typed = typed[length..];
        return taken;
    }

    /// <summary>Bytes of the first key or sequence.</summary>
    static int KeyLength(ReadOnlySpan<byte> typed)
    {
        if (typed is [Escape, (byte)'O', _, ..]) return 3;                                // a cursor or function key
        if (typed is [Escape, (byte)'[', (byte)'M', ..]) return int.Min(6, typed.Length); // the mouse, as xterm first told of it
        if (typed is not [Escape, _, ..]) return 1 + Continues(typed[1..], CharacterLength(typed[0]) - 1);
        ControlSequenceReader reader = new();
        int length = 0;
        while (length < typed.Length && reader.Next(typed[length++]) == SequencePart.Inside)
        {
        }
        return length;
    }

    static int CharacterLength(byte first) => first switch
    {
        < 0xc0 => 1,
        < 0xe0 => 2,
        < 0xf0 => 3,
        _ => 4,
    };

    /// <summary>How many of the first bytes are the rest of a character, UTF-8, of which at most so many are missing.</summary>
    static int Continues(ReadOnlySpan<byte> typed, int missing)
    {
        int length = 0;
        while (length < typed.Length && length < missing && typed[length] is >= 0x80 and < 0xc0) length++;
        return length;
    }

    /// <summary>The key's character; U+FFFD for each beyond ASCII, of which none is a choice; -1 where it has none. A terminal with kitty's keyboard protocol sends <c>ESC [ 27 u</c> for Esc.</summary>
    static int CodeOf(ReadOnlySpan<byte> key)
    {
        if (key[0] >= 0x80) return Other;
        if (key.Length == 1) return key[0];
        return key is [Escape, (byte)'[', .. var parameters, (byte)'u'] && Utf8Parser.TryParse(parameters, out int code, out int length)
            && length == parameters.Length && code < 0x80 ? code : -1;
    }
}
