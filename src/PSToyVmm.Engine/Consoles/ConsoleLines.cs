using System.Buffers;
using System.Text;

namespace PSToyVmm.Engine.Consoles;

/// <summary>Reads a console line by line, each one once.</summary>
/// <param name="log">The console.</param>
/// <param name="from">Where to begin.</param>
sealed class ConsoleLines(SerialLog log, long from)
{
    readonly byte[] _buffer = new byte[4096];
    readonly ArrayBufferWriter<byte> _line = new();
    int _next, _count;

    /// <summary>Where the next bytes are read.</summary>
    public long Position { get; private set; } = from;

    /// <summary>Bytes that had left the scrollback before they were read.</summary>
    public long LostBytes { get; private set; }

    /// <summary>The line that has no end yet, as far as it was read.</summary>
    public ReadOnlySpan<byte> Unfinished => _line.WrittenSpan;

    /// <summary>Takes the next line, without its end; false where the rest is none yet.</summary>
    public bool TryRead(out string line)
    {
        while (_next < _count || Fill())
        {
            ReadOnlySpan<byte> held = _buffer.AsSpan(_next, _count - _next);
            int end = held.IndexOf((byte)'\n');
            _line.Write(end < 0 ? held : held[..end]);
            _next += end < 0 ? held.Length : end + 1;
            if (end < 0) continue;
            ReadOnlySpan<byte> whole = Unfinished;
            line = Encoding.UTF8.GetString(whole is [.. var text, (byte)'\r'] ? text : whole);
            _line.ResetWrittenCount();
            return true;
        }
        line = "";
        return false;
    }

    /// <summary>Waits for more than was read; false when the time is over or the console has ended.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was cancelled.</exception>
    public bool Wait(TimeSpan timeout, CancellationToken stop) => log.WaitForMore(Position, timeout, stop);

    bool Fill()
    {
        long position = Position, lost = Math.Max(0, log.Start - position);
        (_next, _count) = (0, log.Read(ref position, _buffer));
        if (_count > 0) LostBytes += lost;
        Position = position;
        return _count > 0;
    }
}
