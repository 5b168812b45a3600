using System.Text;

namespace PSToyVmm.Engine.Consoles;

/// <summary>
/// What is to be remembered of a machine's life, as lines: this VMM's events, POST codes and the debug console's text. Each
/// source has a ring of its own, so that a guest that writes without end pushes out nobody's lines but its own.
/// </summary>
/// <remarks>
/// A guest's sources are given their memory before it runs (<see cref="OpenPostCodes"/>, <see cref="OpenDebugConsole"/>);
/// adding to them allocates nothing. Strings are made when somebody reads.
/// </remarks>
public sealed class MachineLog
{
    /// <summary>A longer line becomes several.</summary>
    public const int LongestLine = 1024;

    const int Events = 256, Codes = 4096, Lines = 4096;                // entries held
    const int EventBytes = 16 << 10, LineBytes = 256 << 10;

    readonly Lock _gate = new();
    readonly TimeProvider _time;
    readonly LogRing?[] _rings = new LogRing?[Enum.GetValues<MachineLogSource>().Length];
    long _sequence;

    /// <summary>Makes an empty log.</summary>
    public MachineLog(TimeProvider time)
    {
        _time = time;
        _rings[(int)MachineLogSource.Vmm] = new(Events, EventBytes);
    }

    /// <summary>Entries that newer ones of their source have pushed out.</summary>
    public long Forgotten
    {
        get
        {
            lock (_gate) return _rings.Sum(ring => ring?.Forgotten ?? 0);
        }
    }

    /// <summary>Everything held, oldest first.</summary>
    public IReadOnlyList<MachineLogEntry> Read()
    {
        List<(long Sequence, MachineLogEntry Entry)> entries = [];
        lock (_gate)
        {
            foreach (MachineLogSource source in Enum.GetValues<MachineLogSource>())
                if (_rings[(int)source] is { } ring)
                    for (long number = ring.First; number < ring.End; number++)
                    {
                        LogRing.Entry entry = ring[number];
                        string text = Describe(source, ring.TextOf(entry));
                        entries.Add((entry.Sequence, new(new(entry.Time, TimeSpan.Zero), source, text)));
                    }
        }
        return [.. entries.OrderBy(entry => entry.Sequence).Select(entry => entry.Entry)];
    }

    /// <summary>Adds an event of this VMM's.</summary>
    public void Note(string text)
    {
        ReadOnlySpan<byte> bytes = Encoding.UTF8.GetBytes(text);
        Add(MachineLogSource.Vmm, bytes[..LogLine.WholeCharacters(bytes[..Math.Min(bytes.Length, LongestLine)])]);
    }

    /// <summary>A run's debug console, which gathers bytes into lines.</summary>
    public LogLine OpenDebugConsole()
    {
        Reserve(MachineLogSource.DebugConsole, Lines, LineBytes);
        return new(line => Add(MachineLogSource.DebugConsole, line));
    }

    /// <summary>A run's POST codes: what to call with each.</summary>
    public Action<byte> OpenPostCodes()
    {
        Reserve(MachineLogSource.Post, Codes, Codes);
        return code => Add(MachineLogSource.Post, new(in code));
    }

    void Reserve(MachineLogSource source, int entries, int bytes)
    {
        lock (_gate) _rings[(int)source] ??= new(entries, bytes);
    }

    void Add(MachineLogSource source, ReadOnlySpan<byte> text)
    {
        long now = _time.GetUtcNow().UtcTicks;
        lock (_gate) _rings[(int)source]!.Add(new(_sequence++, now, 0, text.Length), text);
    }

    static string Describe(MachineLogSource source, byte[] bytes) =>
        source == MachineLogSource.Post ? $"POST 0x{bytes[0]:x2}" : Visible(Encoding.UTF8.GetString(bytes));

    // A guest's escape sequences are not to reach the terminal of whoever lists its log; tabs may.
    static string Visible(string text) => !text.Any(char.IsControl) ? text : string.Create(text.Length, text, static (visible, text) =>
    {
        const char Pictures = '\u2400', PictureOfDelete = '\u2421';
        for (int i = 0; i < text.Length; i++)
            visible[i] = text[i] switch
            {
                '\t' => '\t',
                < ' ' => (char)(Pictures + text[i]),
                '\x7f' => PictureOfDelete,
                char c when char.IsControl(c) => '\ufffd',
                char c => c,
            };
    });
}
