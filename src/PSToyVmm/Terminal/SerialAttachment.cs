using PSToyVmm.Engine.Consoles;

namespace PSToyVmm.Terminal;

/// <summary>
/// Joins a terminal and a guest's serial console until one of them ends or the user leaves by Ctrl+]. One thread carries
/// the guest's bytes out, the caller's carries keys in; both wait on the same signal to leave, so that neither a silent
/// guest nor a terminal that does not drain can hold the other.
/// </summary>
sealed class SerialAttachment(SerialLog log, SerialInput input, int keys, int screen) : IDisposable
{
    const int UndoMilliseconds = 500;

    readonly int _leave = Tty.OpenSignal();
    readonly CancellationTokenSource _leaving = new();
    readonly ScreenModes _modes = new();
    readonly long _present = log.End; // what comes from here on is not a replay
    int _end;

    /// <summary>Position in the log at which to begin.</summary>
    public required long From { get; init; }

    /// <summary>
    /// Whether a person sits at the other side: Ctrl+] detaches, the end of the keys is the end, and the screen is tidied up.
    /// Otherwise keys and screen are a pipe or a file: every byte counts, and the guest has the last word.
    /// </summary>
    public bool Interactive { get; init; } = true;

    /// <summary>Pumps until there is a reason not to.</summary>
    public AttachmentEnd Run(CancellationToken stop)
    {
        using CancellationTokenRegistration stopping = stop.Register(() => Leave(AttachmentEnd.Stopped));
        Task output = Task.Factory.StartNew(PumpOutput, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            PumpInput();
        }
        finally
        {
            Leave(AttachmentEnd.Stopped);
            output.GetAwaiter().GetResult();
        }
        if (Interactive) TidyUp();
        return (AttachmentEnd)_end;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ = Tty.close(_leave);
        _leaving.Dispose();
    }

    void PumpInput()
    {
        Span<byte> typed = stackalloc byte[4096];
        PollEntry key = new(keys, Tty.Readable), leave = new(_leave, Tty.Readable);
        while (true)
        {
            Tty.Wait(ref key, ref leave);
            if (leave.Returned != 0) return;

            nint count = Tty.Read(keys, typed);
            if (count < 0 && Tty.LastError is Tty.ErrorInterrupted or Tty.ErrorAgain) continue;
            if (count <= 0)
            {
                if (Interactive) Leave(AttachmentEnd.TerminalClosed);
                key.Descriptor = -1; // poll(2) passes over it
                continue;
            }

            ReadOnlySpan<byte> some = typed[..(int)count];
            int escape = Interactive ? EscapeKey.IndexIn(some) : -1;
            if (escape >= 0) some = some[..escape];
            if (!some.IsEmpty) input.Enqueue(some);
            if (escape >= 0) Leave(AttachmentEnd.Detached);
        }
    }

    void PumpOutput()
    {
        try
        {
            if (Interactive) Show(ScreenModes.PlainKeys);
            long position = Replay();
            Span<byte> buffer = stackalloc byte[4096];
            while (!_leaving.IsCancellationRequested)
            {
                bool last = log.IsCompleted; // asked first: what is read after it is the rest
                int count = log.Read(ref position, buffer);
                if (count > 0) Show(buffer[..count]);
                else if (last) Leave(AttachmentEnd.MachineEnded);
                else log.WaitForMore(position, Timeout.InfiniteTimeSpan, _leaving.Token);
            }
        }
        catch (OperationCanceledException) when (_leaving.IsCancellationRequested)
        {
        }
        finally
        {
            Leave(AttachmentEnd.Stopped);
        }
    }

    /// <summary>Shows what was written before, without the questions in it, and returns the position after it.</summary>
    long Replay()
    {
        long position = From;
        if (!Interactive) return position;

        ReplayFilter filter = new();
        byte[] buffer = new byte[16 << 10];
        while (position < _present && !_leaving.IsCancellationRequested)
        {
            int count = log.Read(ref position, buffer.AsSpan(0, (int)long.Min(buffer.Length, _present - position)));
            if (count == 0) break;
            Show(filter.Pass(buffer.AsSpan(0, count)));
        }
        Show(filter.Flush());
        return position;
    }

    void Show(ReadOnlySpan<byte> bytes)
    {
        if (Interactive) _modes.Observe(bytes);
        PollEntry room = new(screen, Tty.Writable), leave = new(_leave, Tty.Readable);
        while (!bytes.IsEmpty)
        {
            Tty.Wait(ref room, ref leave);
            if (leave.Returned != 0) return;
            if (!TryWrite(ref bytes)) Leave(AttachmentEnd.TerminalClosed);
        }
    }

    void TidyUp()
    {
        ReadOnlySpan<byte> undo = [.. _modes.Undo(), (byte)'\r', (byte)'\n'];
        PollEntry room = new(screen, Tty.Writable), none = new(-1, 0);
        while (!undo.IsEmpty && Tty.Wait(ref room, ref none, UndoMilliseconds) && TryWrite(ref undo))
        {
        }
    }

    /// <summary>Writes what there is room for and advances. False when the screen has gone.</summary>
    bool TryWrite(ref ReadOnlySpan<byte> bytes)
    {
        nint count = Tty.Write(screen, bytes);
        if (count < 0) return Tty.LastError is Tty.ErrorInterrupted or Tty.ErrorAgain;
        bytes = bytes[(int)count..];
        return true;
    }

    /// <summary>Any thread: the first reason counts.</summary>
    void Leave(AttachmentEnd why)
    {
        if (Interlocked.CompareExchange(ref _end, (int)why, 0) != 0) return;
        _leaving.Cancel();
        Tty.Signal(_leave);
    }
}
