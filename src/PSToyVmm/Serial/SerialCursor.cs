using System.Runtime.CompilerServices;
using System.Text;
using PSToyVmm.Engine.Consoles;

namespace PSToyVmm;

/// <summary>
/// How far a console has been read: once by Receive-ToyVmSerial, and independently of it by Wait-ToyVmSerial. One per
/// console for the whole process, and as long as its machine lives.
/// </summary>
sealed class SerialCursor
{
    static readonly ConditionalWeakTable<MachineConsole, SerialCursor> s_cursors = [];

    readonly Lock _gate = new();
    readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    AnsiStripper _stripper = new();
    string _line = "";
    long _position;

    public static SerialCursor Of(MachineConsole console) => s_cursors.GetValue(console, static _ => new());

    /// <summary>Where the next Wait-ToyVmSerial starts to look.</summary>
    public long NextMatch { get; set; }

    /// <summary>Where the next read starts.</summary>
    public long Position
    {
        get { lock (_gate) return _position; }
    }

    /// <summary>Reads what there is, as the guest wrote it. <paramref name="lost"/>: bytes that had left the scrollback unread.</summary>
    public string ReadRaw(SerialLog log, out long lost)
    {
        lock (_gate)
        {
            string text = _line + Decode(log, out lost);
            _line = "";
            return text;
        }
    }

    /// <summary>
    /// Reads whole lines of plain text. An unfinished line is read too when <paramref name="unfinished"/> allows it;
    /// otherwise it waits here for its end.
    /// </summary>
    public string[] ReadLines(SerialLog log, bool unfinished, out long lost)
    {
        lock (_gate)
        {
            string[] lines = (_line + _stripper.Strip(Decode(log, out lost))).Split('\n');
            _line = unfinished ? "" : lines[^1];
            return unfinished && lines[^1].Length > 0 ? lines : lines[..^1];
        }
    }

    /// <summary>The next read starts with the oldest byte of the scrollback.</summary>
    public void Rewind(SerialLog log)
    {
        lock (_gate)
        {
            (_position, _line, _stripper) = (log.Start, "", new());
            _decoder.Reset();
        }
    }

    /// <summary>The last lines of plain text on a console.</summary>
    public static string[] LastLines(SerialLog log, int count) => new SerialCursor().ReadLines(log, unfinished: true, out _).TakeLast(count).ToArray();

    string Decode(SerialLog log, out long lost)
    {
        long end = log.End;    // a guest that never falls silent must not keep us here
        lost = Math.Max(0, log.Start - _position);
        var text = new StringBuilder();
        Span<byte> bytes = stackalloc byte[4096];
        Span<char> chars = stackalloc char[4096 + 1];
        int count;
        while (_position < end && (count = log.Read(ref _position, bytes)) > 0)
            text.Append(chars[.._decoder.GetChars(bytes[..count], chars, flush: false)]);
        return text.ToString();
    }
}
