using System.Diagnostics;
using System.Text;

namespace PSToyVmm.Engine.Machines;

/// <summary>The moment at which a guest has first written a text, which is looked for as its bytes come.</summary>
/// <param name="text">ASCII. None of its beginnings is also an ending of it, so a mismatch starts over at that byte.</param>
sealed class TextMoment(string text)
{
    readonly byte[] _text = Encoding.ASCII.GetBytes(text);
    int _matched;

    /// <summary>A Stopwatch timestamp, 0 before the moment.</summary>
    public long Timestamp { get; private set; }

    /// <summary>The guest wrote a byte.</summary>
    public void Add(byte value)
    {
        if (Timestamp != 0) return;
        _matched = value == _text[_matched] ? _matched + 1 : value == _text[0] ? 1 : 0;
        if (_matched == _text.Length) Timestamp = Stopwatch.GetTimestamp();
    }
}
