namespace PSToyVmm.Terminal;

/// <summary>
/// Takes the questions out of a scrollback. A guest's editor or shell asks the terminal where its cursor is; asked again at
/// a replay, the terminal would answer again, and the answers would arrive as keys in whatever the guest runs by now.
/// </summary>
sealed class ReplayFilter
{
    const byte Enquiry = 0x05;

    readonly ControlSequenceReader _reader = new();
    bool _inside;

    /// <summary>Copies what may be shown, and returns it. A sequence that is not complete waits for the next call or <see cref="Flush"/>.</summary>
    public byte[] Pass(ReadOnlySpan<byte> bytes)
    {
        List<byte> shown = new(bytes.Length);
        foreach (byte value in bytes)
        {
            SequencePart part = _reader.Next(value);
            _inside = part == SequencePart.Inside;
            if (part == SequencePart.Text && value != Enquiry) shown.Add(value);
            if (part == SequencePart.Last && !IsQuestion(_reader.Sequence)) shown.AddRange(_reader.Sequence);
        }
        return [.. shown];
    }

    /// <summary>What was held back: the start of a sequence whose end is yet to be written by the guest.</summary>
    public byte[] Flush() => _inside ? _reader.Sequence.ToArray() : [];

    static bool IsQuestion(ReadOnlySpan<byte> sequence) => (char)sequence[1] switch
    {
        '[' => (char)sequence[^1] switch
        {
            'n' or 'c' or 't' or 'x' => true,  // status and cursor, device attributes, window, parameters
            'p' => sequence[^2] == '$',        // mode
            'u' => sequence[2] == '?',         // keyboard protocol
            'q' => sequence[2] == '>',         // version
            _ => false,
        },
        ']' => sequence.IndexOf(";?"u8) >= 0,  // colours
        'P' => sequence[2..] is [(byte)'+' or (byte)'$', (byte)'q', ..], // capabilities, settings
        'Z' => true,
        _ => false,
    };
}
