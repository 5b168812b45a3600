using System.Text;

namespace PSToyVmm.Engine.Consoles;

/// <summary>
/// Follows a console line by line on a thread of its own, over all of the machine's runs, until somebody disposes of it or the
/// console is closed. Whoever listens may be slow: lines wait in the scrollback, and what leaves that unread is counted.
/// A line longer than <see cref="MachineLog.LongestLine"/> bytes is several.
/// </summary>
public sealed class ConsoleWatch : IDisposable
{
    // A guest that is silent for so long in the middle of a line waits for somebody.
    static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(200);

    readonly SerialLog _log;
    readonly Action<ConsoleLine, CancellationToken> _onLine;
    readonly CancellationTokenSource _stop = new();
    readonly LogLine _line;
    long _position, _lineStart, _at, _lost;
    byte _byte;
    bool _isToldUnfinished, _isOver;

    /// <summary>Begins with what the guest writes from now on.</summary>
    /// <param name="console">The console.</param>
    /// <param name="threadName">What the thread is called.</param>
    /// <param name="onLine">Told each line, on that thread; the token is cancelled when the watch is disposed of. Throws nothing else.</param>
    public ConsoleWatch(MachineConsole console, string threadName, Action<ConsoleLine, CancellationToken> onLine)
    {
        (_log, _onLine, _line) = (console.Log, onLine, new(TakeLine));
        _position = _lineStart = _log.End;
        new Thread(Run) { IsBackground = true, Name = threadName }.Start();
    }

    /// <summary>Lets the thread end, and does not wait for it: it may be the listener that calls this.</summary>
    public void Dispose()
    {
        lock (_stop)
            if (!_isOver) _stop.Cancel();
    }

    void Run()
    {
        try
        {
            while (true)
            {
                bool isCompleted = _log.IsCompleted; // before looking: what was written by then is seen
                ReadAll();
                if (isCompleted) Flush(_position);
                if (isCompleted && !_log.WaitForReopening(_stop.Token)) return;
                bool isPrompt = !_line.Unfinished.IsEmpty && !_isToldUnfinished;
                if (!_log.WaitForMore(_position, isPrompt ? s_pause : Timeout.InfiniteTimeSpan, _stop.Token) && isPrompt && !_log.IsCompleted)
                    TakePrompt();
            }
        }
        catch (OperationCanceledException)
        {
            // that is how it ends
        }
        catch (Exception)
        {
            // The outermost frame of this work: a listener that fails, for its session has been closed, is no reason to end the process.
        }
        finally
        {
            lock (_stop)
            {
                _isOver = true;
                _stop.Dispose();
            }
        }
    }

    void ReadAll()
    {
        Span<byte> buffer = stackalloc byte[4096];
        for (long before = _position; _log.Read(ref _position, buffer) is > 0 and var count; before = _position)
        {
            long first = _position - count;
            if (first > before)
            {
                Flush(before);
                (_lost, _lineStart) = (_lost + first - before, first);
            }
            for (int i = 0; i < count; i++)
            {
                (_at, _byte) = (first + i, buffer[i]);
                _line.Write(_byte);
            }
            _stop.Token.ThrowIfCancellationRequested();
        }
    }

    void Flush(long end)
    {
        (_at, _byte) = (end - 1, (byte)'\n');
        _line.Flush();
    }

    void TakeLine(ReadOnlySpan<byte> line)
    {
        long start = _lineStart;
        _lineStart = _byte == '\n' ? _at + 1 : start + line.Length; // where it was too long, the rest is the next one
        _isToldUnfinished = false;
        Tell(line, start, isComplete: true);
    }

    void TakePrompt()
    {
        _isToldUnfinished = true;
        Tell(_line.Unfinished[..LogLine.WholeCharacters(_line.Unfinished)], _lineStart, isComplete: false);
    }

    void Tell(ReadOnlySpan<byte> line, long start, bool isComplete)
    {
        long lost = _lost;
        _lost = 0;
        _onLine(new(Encoding.UTF8.GetString(line), start, isComplete, lost), _stop.Token);
    }
}
