using System.Text;

namespace PSToyVmm.Engine.Consoles;

/// <summary>
/// Takes what only a terminal understands out of console text: escape sequences (ECMA-48), carriage returns and other
/// control characters. Tabs and newlines stay. A sequence may begin in one call and end in the next.
/// </summary>
public sealed class AnsiStripper
{
    const char Escape = '\x1b', Bell = '\a';

    enum State
    {
        Text, AfterEscape, ControlSequence, ControlString, ControlStringEscape,
    }

    State _state;

    /// <summary>A whole text, for people to look at: a guest is not to draw on their terminals.</summary>
    public static string Plain(string text) => new AnsiStripper().Strip(text);

    /// <summary>The next piece of a text.</summary>
    public string Strip(ReadOnlySpan<char> text)
    {
        var plain = new StringBuilder(text.Length);
        foreach (char c in text)
        {
            if (_state == State.Text && (c is '\n' or '\t' || !char.IsControl(c)))
                plain.Append(c);
            else
                _state = Next(c);
        }
        return plain.ToString();
    }

    State Next(char c) => (_state, c) switch
    {
        (State.ControlString, Bell) => State.Text,
        (State.ControlString, Escape) => State.ControlStringEscape,
        (State.ControlString, _) => State.ControlString,
        (State.ControlStringEscape, '\\') => State.Text,
        (_, Escape) => State.AfterEscape,
        (State.Text, _) => State.Text,
        (State.AfterEscape or State.ControlStringEscape, '[') => State.ControlSequence,
        (State.AfterEscape or State.ControlStringEscape, ']' or 'P' or 'X' or '^' or '_') => State.ControlString,
        (State.AfterEscape, >= ' ' and <= '/') => State.AfterEscape,          // intermediate: a final byte follows
        (State.ControlSequence, >= ' ' and <= '?') => State.ControlSequence,  // parameters and intermediates
        _ => State.Text,
    };
}
