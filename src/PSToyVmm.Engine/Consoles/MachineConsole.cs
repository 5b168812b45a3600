namespace PSToyVmm.Engine.Consoles;

/// <summary>
/// One console of a machine, which outlives the machine's runs: what the guest wrote there, what it is to read, and how
/// large the terminal at this end is. All members may be used from any thread.
/// </summary>
public sealed class MachineConsole : IDisposable
{
    /// <summary>The largest number of columns, or of rows, that a guest can be told.</summary>
    public const int LargestSize = ushort.MaxValue;

    uint _size; // columns, and rows above them: read and written as one

    /// <summary>Makes one of a machine that is off.</summary>
    /// <param name="port">The guest's name for it: <c>ttyS0</c>.</param>
    /// <param name="file">Receives every byte that the guest writes; owned; null for none.</param>
    /// <param name="isSerialPort">Whether it is a serial port.</param>
    public MachineConsole(string port, Stream? file = null, bool isSerialPort = false)
    {
        (Port, Log, IsSerialPort) = (port, new(file: file), isSerialPort);
        Shell = new(Log, Input);
        Log.Complete();
    }

    /// <summary>The guest's name for it.</summary>
    public string Port { get; }

    /// <summary>Whether it is a serial port, which has breaks, and no way to tell its guest the terminal's size.</summary>
    public bool IsSerialPort { get; }

    /// <summary>What the guest wrote.</summary>
    public SerialLog Log { get; }

    /// <summary>What the guest is to read.</summary>
    public SerialInput Input { get; } = new();

    /// <summary>The shell whose prompt is there, if there is one.</summary>
    public GuestShell Shell { get; }

    /// <summary>The terminal's size as it was last told; (0, 0) before.</summary>
    public (int Columns, int Rows) Size
    {
        get
        {
            uint size = Volatile.Read(ref _size);
            return ((int)(size & LargestSize), (int)(size >> 16));
        }
    }

    /// <summary>Raised, on the thread of whoever told it, after a size was told, also the same again.</summary>
    public event Action? Resized;

    /// <summary>Tells the size of the terminal. One that no terminal has is ignored: it does not know its own.</summary>
    public void Resize(int columns, int rows)
    {
        if (columns is < 1 or > LargestSize || rows is < 1 or > LargestSize) return;
        Volatile.Write(ref _size, (uint)columns | (uint)rows << 16);
        Resized?.Invoke();
    }

    /// <summary>
    /// Sends the guest a break, after what was typed before it, and these bytes behind it: Linux takes the first for magic SysRq.
    /// </summary>
    /// <exception cref="VmException">BreakUnavailable: it is no serial port.</exception>
    public void SendBreak(ReadOnlySpan<byte> after = default)
    {
        if (!IsSerialPort)
        {
            throw new VmException(VmErrorId.BreakUnavailable, VmErrorKind.NotSupported,
                $"{Port} is no serial port, so there is no line to break; the machine's ttyS0 is one.");
        }
        Input.EnqueueBreak(after);
    }

    /// <summary>Its port.</summary>
    public override string ToString() => Port;

    /// <summary>Closes its file.</summary>
    public void Dispose() => Log.Dispose();
}
