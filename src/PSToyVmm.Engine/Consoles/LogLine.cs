using System.Buffers;
using System.Text;

namespace PSToyVmm.Engine.Consoles;

/// <summary>
/// Gathers a guest's bytes into lines: at a newline, less the carriage returns before it, or when the longest line is
/// full, between two characters. Allocates nothing. One writer at a time.
/// </summary>
public sealed class LogLine
{
    readonly byte[] _bytes = new byte[MachineLog.LongestLine];
    readonly Receiver _onLine;
    int _length;

    internal LogLine(Receiver onLine) => _onLine = onLine;

    internal delegate void Receiver(ReadOnlySpan<byte> line);

    /// <summary>What has come of a line without an end.</summary>
    internal ReadOnlySpan<byte> Unfinished => _bytes.AsSpan(0, _length);

    /// <summary>Takes a byte.</summary>
    public void Write(byte value)
    {
        if (value == '\n')
        {
            _onLine(_bytes.AsSpan(0, _length).TrimEnd((byte)'\r'));
            _length = 0;
            return;
        }
        if (_length == _bytes.Length) Break();
        _bytes[_length++] = value;
    }

    /// <summary>Takes what has come of a last line for a line.</summary>
    public void Flush()
    {
        if (_length > 0) Write((byte)'\n');
    }

    /// <summary>How much of these bytes is left when half a UTF-8 character at their end is taken away.</summary>
    internal static int WholeCharacters(ReadOnlySpan<byte> bytes) =>
        Rune.DecodeLastFromUtf8(bytes, out _, out int partial) == OperationStatus.NeedMoreData ? bytes.Length - partial : bytes.Length;

    void Break()
    {
        int whole = WholeCharacters(_bytes);
        _onLine(_bytes.AsSpan(0, whole));
        _bytes.AsSpan(whole).CopyTo(_bytes);
        _length = _bytes.Length - whole;
    }
}
