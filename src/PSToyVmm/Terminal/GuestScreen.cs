using System.Text;
using PSToyVmm.Engine.Consoles;

namespace PSToyVmm.Terminal;

/// <summary>
/// Shows on a terminal what a guest writes, and between it what the user of the terminal is to be told. The one thread of
/// <see cref="Run"/> writes; no other waits for a terminal that does not drain.
/// </summary>
/// <param name="log">What the guest writes.</param>
/// <param name="screen">The terminal's descriptor.</param>
/// <param name="leave">Readable as soon as nothing more is to be shown.</param>
sealed class GuestScreen(SerialLog log, int screen, int leave)
{
    const int UndoMilliseconds = 500, LongestRepaint = 1 << 20;
    const byte Cancel = 0x18;

    // How long the rest of a character or a sequence may take.
    static readonly TimeSpan s_rest = TimeSpan.FromMilliseconds(100);
    static readonly TimeSpan s_sentence = TimeSpan.FromSeconds(2), s_look = TimeSpan.FromMilliseconds(250);

    readonly ScreenModes _modes = new();
    readonly long _present = log.End; // what comes from here on is not a replay
    string _hide = "";
    volatile bool _left;

    /// <inheritdoc cref="SerialAttachment.From"/>
    public required long From { get; init; }

    /// <inheritdoc cref="SerialAttachment.Interactive"/>
    public bool Interactive { get; init; } = true;

    /// <inheritdoc cref="SerialAttachment.IsDumb"/>
    public bool IsDumb { get; init; }

    /// <inheritdoc cref="SerialAttachment.Record"/>
    public SessionRecord? Record { get; init; }

    /// <summary>What is to be shown between the guest's words.</summary>
    public required Interludes Interludes { get; init; }

    /// <summary>Shows until there is a reason not to.</summary>
    public AttachmentEnd Run()
    {
        if (Interactive && !IsDumb) Show(ScreenModes.PlainKeys);
        long position = From;
        if (Interactive) Replay(ref position);
        Span<byte> buffer = stackalloc byte[4096];
        for (bool isStuck = false; ;)
        {
            CancellationToken change = Interludes.Change; // taken first: whoever leaves, or asks for something, from here on ends the wait
            if (_left) return AttachmentEnd.TerminalClosed;
            bool last = log.IsCompleted; // asked first: what is read after it is the rest
            // A guest that has stopped in the middle of a sequence does not keep the user from the menu.
            if (Interludes.AreWanted && !last && (isStuck || _modes.IsBetween)) ShowInterludes(position);
            int count = log.Read(ref position, buffer);
            if (count > 0)
            {
                isStuck = false;
                ShowGuests(buffer[..count], position - count);
            }
            else if (last) return AttachmentEnd.MachineEnded;
            else if (Interludes.AreWanted && !_modes.IsBetween) isStuck = !log.WaitForMore(position, s_rest, CancellationToken.None);
            else WaitForMore(position, change);
        }
    }

    /// <summary>From any thread: <see cref="Run"/> is to end now.</summary>
    public void Leave()
    {
        _left = true;
        Interludes.Wake();
    }

    /// <summary>Leaves the terminal as the user's shell knows it.</summary>
    public void TidyUp()
    {
        ReadOnlySpan<byte> undo = IsDumb ? "\r\n"u8 : [.. Encoding.UTF8.GetBytes(_hide), .. _modes.Undo(), (byte)'\r', (byte)'\n'];
        PollEntry room = new(screen, Tty.Writable), none = new(-1, 0);
        while (!undo.IsEmpty && Tty.Wait(ref room, ref none, UndoMilliseconds) && TryWrite(ref undo))
        {
        }
    }

    void WaitForMore(long position, CancellationToken change)
    {
        try
        {
            log.WaitForMore(position, Timeout.InfiniteTimeSpan, change);
        }
        catch (OperationCanceledException) when (change.IsCancellationRequested)
        {
        }
    }

    /// <summary>Shows what was written before, without the questions in it.</summary>
    void Replay(ref long position)
    {
        ReplayFilter filter = new();
        byte[] buffer = new byte[16 << 10];
        while (position < _present && !_left)
        {
            int count = log.Read(ref position, buffer.AsSpan(0, (int)long.Min(buffer.Length, _present - position)));
            if (count == 0) break;
            _modes.Observe(buffer.AsSpan(0, count), position - count);
            Show(filter.Pass(buffer.AsSpan(0, count)));
        }
        Show(filter.Flush());
    }

    void ShowGuests(ReadOnlySpan<byte> bytes, long position)
    {
        if (Interactive) _modes.Observe(bytes, position);
        if (Record?.Add(bytes) is { } failure) Interludes.Say(failure); // first: what the user has seen when he stops it is in there
        Show(bytes);
    }

    void ShowInterludes(long position)
    {
        if (!_modes.IsBetween && !IsDumb) Show([Cancel]);
        (int, int) size = Tty.SizeOf(screen);
        OverlayPlace place = IsDumb || size is (0, _) or (_, 0) ? OverlayPlace.Inline
            : _modes.IsAlternate ? OverlayPlace.LastLines : OverlayPlace.OwnScreen;
        OverlayPlace sentences = place == OverlayPlace.LastLines ? place : OverlayPlace.Inline; // to stay, where it can
        while (Interludes.AreWanted && !_left && !log.IsCompleted)
            if (Interludes.TryTakeSentence(out string sentence))
                ShowOver([$"[{sentence}]"], sentences, size, position, () => sentences == OverlayPlace.LastLines, s_sentence);
            else if (Interludes.Menu is { } menu)
                ShowOver(menu, place, size, position, () => Interludes.Menu == menu, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Shows text of ours while it is wanted, but no longer than so; the guest's words wait meanwhile in the log.</summary>
    void ShowOver(IReadOnlyList<string> lines, OverlayPlace place, (int Columns, int Rows) size, long position, Func<bool> isWanted, TimeSpan longest)
    {
        _hide = Overlay.Hide(lines.Count, place, size.Rows);
        Show(Overlay.Show(lines, place, size));
        for (TimeSpan shown = TimeSpan.Zero; isWanted() && !log.IsCompleted && !_left && (longest < TimeSpan.Zero || shown < longest); shown += s_look)
            Interludes.Change.WaitHandle.WaitOne(s_look);
        if (_left) return; // TidyUp hides it
        Show(_hide);
        _hide = "";
        if (place == OverlayPlace.LastLines) Repaint(position);
    }

    /// <summary>
    /// Draws a program on the alternate screen once more, from all that it wrote since it went there, for we have written over
    /// it. Where that is too much, or lost, its own repaint has to do.
    /// </summary>
    void Repaint(long end)
    {
        long position = _modes.AlternateSince;
        if (position < log.Start || end - position > LongestRepaint) return;
        Show("\e[r\e[0m\e[H\e[2J"u8);
        ReplayFilter filter = new();
        byte[] buffer = new byte[16 << 10];
        while (position < end && !_left)
        {
            int count = log.Read(ref position, buffer.AsSpan(0, (int)long.Min(buffer.Length, end - position)));
            if (count == 0) break;
            Show(filter.Pass(buffer.AsSpan(0, count)));
        }
        Show(filter.Flush());
    }

    void Show(string text) => Show(Encoding.UTF8.GetBytes(text));

    void Show(ReadOnlySpan<byte> bytes)
    {
        PollEntry room = new(screen, Tty.Writable), stop = new(leave, Tty.Readable);
        while (!bytes.IsEmpty && !_left)
        {
            Tty.Wait(ref room, ref stop);
            if (stop.Returned != 0 || !TryWrite(ref bytes)) _left = true;
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
}
