using System.Diagnostics;
using PSToyVmm.Engine.Consoles;

namespace PSToyVmm.Terminal;

/// <summary>
/// Joins a terminal and a guest's serial console until one of them ends or the user leaves by Ctrl+]. One thread carries
/// the guest's bytes out, the caller's carries keys in and does what the user chooses in the menu; both wait on the same signal
/// to leave, so that neither a silent guest nor a terminal that does not drain can hold the other.
/// </summary>
sealed class SerialAttachment(SerialLog log, SerialInput input, int keys, int screen) : IDisposable
{
    /// <summary>How long after Ctrl+] a <c>?</c> still belongs to it.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    const char DetachKey = 'd';

    readonly int _leave = Tty.OpenSignal();
    readonly EscapeKeys _escape = new();
    readonly Interludes _interludes = new();
    GuestScreen? _screen;
    long _escapedAt;
    int _end;

    /// <summary>Position in the log at which to begin.</summary>
    public required long From { get; init; }

    /// <summary>
    /// Whether a person sits at the other side: Ctrl+] detaches, the end of the keys is the end, and the screen is tidied up.
    /// Otherwise keys and screen are a pipe or a file: every byte counts, and the guest has the last word.
    /// </summary>
    public bool Interactive { get; init; } = true;

    /// <summary>Whether the terminal knows no control sequences, so that none of ours may go there.</summary>
    public bool IsDumb { get; init; }

    /// <summary>The terminal's place where others may show the console too; without one, all that is typed is the guest's.</summary>
    public ConsoleSeat? Seat { get; init; }

    /// <summary>The menu's first line.</summary>
    public Func<string> Title { get; init; } = () => "";

    /// <summary>What the menu has beside leaving.</summary>
    public IReadOnlyList<MenuEntry> Menu { get; init; } = [];

    /// <summary>Where the guest's output goes besides, when it is on.</summary>
    public SessionRecord? Record { get; init; }

    /// <summary>Pumps until there is a reason not to.</summary>
    public AttachmentEnd Run(CancellationToken stop)
    {
        _screen = new(log, screen, _leave) { From = From, Interludes = _interludes, Interactive = Interactive, IsDumb = IsDumb, Record = Record };
        if (Seat is not null) Seat.Taken += OnTaken;
        using CancellationTokenRegistration stopping = stop.Register(() => Leave(AttachmentEnd.Stopped));
        Task output = Task.Factory.StartNew(PumpOutput, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            PumpInput();
        }
        finally
        {
            if (Seat is not null) Seat.Taken -= OnTaken;
            Leave(AttachmentEnd.Stopped);
            output.GetAwaiter().GetResult();
        }
        if (Interactive) _screen.TidyUp();
        return (AttachmentEnd)_end;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ = Tty.close(_leave);
        _interludes.Dispose();
    }

    void PumpInput()
    {
        Span<byte> typed = stackalloc byte[4096];
        PollEntry key = new(keys, Tty.Readable), leave = new(_leave, Tty.Readable);
        while (true)
        {
            if (!Tty.Wait(ref key, ref leave, MillisecondsLeft())) Leave(AttachmentEnd.Detached);
            if (leave.Returned != 0 || _end != 0) return;

            nint count = Tty.Read(keys, typed);
            if (count < 0 && Tty.LastError is Tty.ErrorInterrupted or Tty.ErrorAgain) continue;
            if (count <= 0)
            {
                if (Interactive) Leave(AttachmentEnd.TerminalClosed);
                key.Descriptor = -1; // poll(2) passes over it
            }
            else if (Interactive) Take(typed[..(int)count]);
            else Type(typed[..(int)count]);
        }
    }

    /// <summary>Until Ctrl+] alone has detached.</summary>
    int MillisecondsLeft() => _escape.IsUndecided ? (int)double.Max(0, (Patience - Stopwatch.GetElapsedTime(_escapedAt)).TotalMilliseconds) : -1;

    void Take(ReadOnlySpan<byte> typed)
    {
        while (!typed.IsEmpty)
            switch (_escape.Next(ref typed, out ReadOnlySpan<byte> forGuest))
            {
                case TypedPart.Guest: Type(forGuest); break;
                case TypedPart.Escape: _escapedAt = Stopwatch.GetTimestamp(); break;
                case TypedPart.Detach: Leave(AttachmentEnd.Detached); break;
                case TypedPart.Menu: _interludes.Open(MenuLines()); break;
                case TypedPart.Back: _interludes.Close(); break;
                case TypedPart.Choice: Choose(_escape.Choice); break;
                default: break;
            }
    }

    void Type(ReadOnlySpan<byte> bytes)
    {
        if (Seat is null) input.Enqueue(bytes);
        else Seat.Type(bytes);
    }

    string[] MenuLines() =>
    [
        Title(), $"  {DetachKey}  detach (as Ctrl+] alone does)",
        .. from entry in Menu let text = entry.Text() where text is not null select $"  {entry.Key}  {text}",
        "  any other key: go on",
    ];

    void Choose(char key)
    {
        if (key == DetachKey)
        {
            Leave(AttachmentEnd.Detached);
            return;
        }
        _interludes.Close(Menu.FirstOrDefault(entry => entry.Key == key && entry.Text() is not null)?.Do());
    }

    void OnTaken(string by) => _interludes.Say($"{by} has taken the keyboard; this terminal looks on.");

    void PumpOutput()
    {
        AttachmentEnd why = AttachmentEnd.Stopped;
        try
        {
            why = _screen!.Run();
        }
        finally
        {
            Leave(why);
        }
    }

    /// <summary>Any thread: the first reason counts.</summary>
    void Leave(AttachmentEnd why)
    {
        if (Interlocked.CompareExchange(ref _end, (int)why, 0) != 0) return;
        Tty.Signal(_leave);
        _screen!.Leave();
    }
}
