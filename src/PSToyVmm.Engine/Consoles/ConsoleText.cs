using System.Buffers;
using System.Text;

namespace PSToyVmm.Engine.Consoles;

/// <summary>
/// Text decoded from a console's bytes as they arrive, that knows for every character which bytes it came from. UTF-8 that
/// is not valid becomes U+FFFD; a newline swallows the carriage returns before it. What cannot be judged yet (half a
/// character, a carriage return at the very end) waits for the next byte. Holds a window of text, and up to half of one more.
/// </summary>
sealed class ConsoleText
{
    const int LongestCharacter = 4;

    readonly int _window;
    readonly byte[] _partial = new byte[LongestCharacter];
    char[] _text;
    long[] _starts;                                                    // of each character, and one more: where the next begins
    int _length, _partialLength;
    long _end;                                                         // position after the last decoded or partial byte

    public ConsoleText(long from, int window)
    {
        _window = window;
        _text = new char[256];
        _starts = new long[_text.Length + 1];
        Restart(from);
    }

    /// <summary>The text, without the carriage returns that may still turn out to belong to a newline.</summary>
    public ReadOnlySpan<char> Judged => _text.AsSpan(0, _text.AsSpan(0, _length).TrimEnd('\r').Length);

    /// <summary>Position of the first byte of the character at <paramref name="index"/>; at the end, of the byte that comes next.</summary>
    public long PositionOf(int index) => _starts[index];

    /// <summary>Adds bytes that begin at <paramref name="position"/>; if some are missing before them, the text begins anew.</summary>
    public void Add(long position, ReadOnlySpan<byte> bytes)
    {
        if (position != _end) Restart(position);
        _end = position + bytes.Length;
        while (_partialLength > 0 && !bytes.IsEmpty)
        {
            _partial[_partialLength++] = bytes[0];
            bytes = bytes[1..];
            DecodePartial(_end - bytes.Length);
        }
        Decode(bytes);
        Forget();
    }

    void Restart(long position)
    {
        (_length, _partialLength, _end) = (0, 0, position);
        _starts[0] = position;
    }

    /// <summary>Decodes what is complete in the few bytes that the last addition left over.</summary>
    void DecodePartial(long end)
    {
        int decoded = 0;
        while (decoded < _partialLength)
        {
            ReadOnlySpan<byte> left = _partial.AsSpan(decoded, _partialLength - decoded);
            if (Rune.DecodeFromUtf8(left, out Rune rune, out int size) == OperationStatus.NeedMoreData) break;
            decoded += size;
            Append(rune, end - (_partialLength - decoded));
        }
        _partial.AsSpan(decoded, _partialLength - decoded).CopyTo(_partial);
        _partialLength -= decoded;
    }

    void Decode(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(bytes, out Rune rune, out int size) == OperationStatus.NeedMoreData)
            {
                bytes.CopyTo(_partial);
                _partialLength = bytes.Length;
                return;
            }
            bytes = bytes[size..];
            Append(rune, _end - bytes.Length);
        }
    }

    /// <summary>Adds a character whose last byte is before <paramref name="end"/>.</summary>
    void Append(Rune rune, long end)
    {
        if (rune.Value == '\n')
            while (_length > 0 && _text[_length - 1] == '\r')
                _length--;
        if (_length + 2 > _text.Length)
        {
            Array.Resize(ref _text, _text.Length * 2);
            Array.Resize(ref _starts, _text.Length + 1);
        }
        // Of a surrogate pair the first half stands for all the bytes.
        int added = rune.EncodeToUtf16(_text.AsSpan(_length));
        _starts.AsSpan(_length + 1, added).Fill(end);
        _length += added;
    }

    void Forget()
    {
        if (_length <= _window + _window / 2) return;
        int forgotten = _length - _window;
        _text.AsSpan(forgotten, _window).CopyTo(_text);
        _starts.AsSpan(forgotten, _window + 1).CopyTo(_starts);
        _length = _window;
    }
}
