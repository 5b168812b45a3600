using System.Runtime.InteropServices;
using System.Text;
using PSToyVmm.Engine;

namespace PSToyVmm.Terminal;

/// <summary>
/// Holds a terminal in raw mode and gives it back as it was, whichever way is left: <see cref="Dispose"/>, the end of the
/// process, an exception nobody caught, SIGTERM, SIGHUP or SIGINT. (After SIGKILL or a crash in native code
/// nobody can; <c>stty sane</c> helps.)
/// </summary>
sealed class RawTerminal : IDisposable
{
    static readonly TimeSpan s_keeping = TimeSpan.FromMilliseconds(100);
    const int DrainMilliseconds = 500;
    static readonly HashSet<uint> s_held = [];

    readonly int _input, _reopened;
    readonly Termios _before, _raw;
    readonly bool _controlCWasInput, _isOwn;
    readonly uint _device;
    readonly PosixSignalRegistration[] _signals;
    readonly Timer _keeper;
    readonly Lock _gate = new();
    (int, int) _size;
    bool _restored;

    /// <summary>Takes the terminal behind the standard descriptors, or behind two others (tests).</summary>
    /// <exception cref="VmException">TerminalRequired: there is none, or it is taken already.</exception>
    public RawTerminal(int input = Tty.StandardInput, int output = Tty.StandardOutput)
    {
        if (OperatingSystem.IsWindows()) throw new PlatformNotSupportedException();
        (_input, _before, _isOwn, _device) = (input, Termios.Of(input), input == Tty.StandardInput, Tty.DeviceOf(input));
        _raw = _before.MadeRaw();
        bool isFree;
        lock (s_held) isFree = s_held.Add(_device);
        if (!isFree)
            throw new VmException(VmErrorId.TerminalRequired, VmErrorKind.InvalidState, "This terminal shows a serial console already; Ctrl+] there detaches.");

        _reopened = Termios.TryGet(output, out _) ? Tty.OpenNonBlocking(output) : -1;
        Output = _reopened >= 0 ? _reopened : output;

        AppDomain.CurrentDomain.ProcessExit += OnLeaving;
        AppDomain.CurrentDomain.UnhandledException += OnCrash;
        _signals =
        [
            .. new[] { PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGINT } // not SIGQUIT: pwsh outlives it
                .Select(signal => PosixSignalRegistration.Create(signal, _ => Restore())),
            PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => Resized?.Invoke()),
        ];

        // .NET gives each child process, also one of another runspace, a terminal with lines and echo, and takes it back with
        // settings of its own. Those have signal keys unless it is told so, and are not raw; a shell's fg may change them too.
        _controlCWasInput = _isOwn && Console.TreatControlCAsInput;
        if (_isOwn) TreatControlCAs(input: true);
        _size = Size;
        _keeper = new(_ => Keep(), null, TimeSpan.Zero, s_keeping);
        StayRaw();
    }

    /// <summary>Raised, on a thread of the runtime, after the terminal's size changed.</summary>
    public event Action? Resized;

    /// <summary>Whether standard input and output both are a terminal.</summary>
    public static bool IsPresent => !Console.IsInputRedirected && !Console.IsOutputRedirected;

    /// <summary>Where keys are read.</summary>
    public int Input => _input;

    /// <summary>Where the screen is written: non-blocking, wherever the terminal can be opened once more.</summary>
    public int Output { get; }

    /// <summary>The terminal's path, by which people know it.</summary>
    public string Name => Tty.NameOf(_input);

    /// <summary>Columns and rows; (0, 0) where the terminal does not know.</summary>
    public (int Columns, int Rows) Size => Tty.SizeOf(_input);

    /// <summary>Writes a line of ours before anything else is shown, or after it: to a terminal that does not drain, not for long.</summary>
    public void WriteLine(string text)
    {
        ReadOnlySpan<byte> bytes = Encoding.UTF8.GetBytes(text + "\r\n");
        PollEntry room = new(Output, Tty.Writable), none = new(-1, 0);
        while (!bytes.IsEmpty && Tty.Wait(ref room, ref none, DrainMilliseconds))
        {
            nint count = Tty.Write(Output, bytes);
            if (count < 0 && Tty.LastError is not (Tty.ErrorInterrupted or Tty.ErrorAgain)) return;
            bytes = bytes[(int)nint.Max(0, count)..];
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Restore();
        AppDomain.CurrentDomain.ProcessExit -= OnLeaving;
        AppDomain.CurrentDomain.UnhandledException -= OnCrash;
        _keeper.Dispose();
        foreach (PosixSignalRegistration signal in _signals) signal.Dispose();
        if (_reopened >= 0) _ = Tty.close(_reopened);
        lock (s_held) s_held.Remove(_device);
    }

    void OnLeaving(object? sender, EventArgs e) => Restore();

    /// <summary>What a shell had set before is .NET's own, without lines and echo; at the end of a process .NET undoes that, after a crash it does not.</summary>
    void OnCrash(object? sender, EventArgs e)
    {
        Restore();
        _before.MadeSane().ApplyTo(_input);
    }

    void Keep()
    {
        StayRaw();
        // The kernel signals a change of size to those whose own terminal it is.
        (int, int) before = _size;
        if (_isOwn || (_size = Size) == before) return;
        Resized?.Invoke();
    }

    void StayRaw()
    {
        lock (_gate)
        {
            if (!_restored && Termios.TryGet(_input, out Termios now) && !now.Equals(_raw)) _raw.ApplyTo(_input);
        }
    }

    void Restore()
    {
        lock (_gate)
        {
            if (_restored) return;
            _restored = true;
            if (_isOwn) TreatControlCAs(_controlCWasInput);
            _before.ApplyTo(_input);
        }
    }

    static void TreatControlCAs(bool input)
    {
        try
        {
            Console.TreatControlCAsInput = input;
        }
        catch (IOException) // the terminal has gone: .NET sets it at once
        {
        }
    }
}
