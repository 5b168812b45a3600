using System.Text;

namespace PSToyVmm.Engine.Consoles;

/// <summary>
/// Looks at a console, line by line as it is written, for what a Linux kernel says when it crashes: a panic, or an oops that
/// may come before one. Part of the exit path: it allocates nothing, whatever the guest writes.
/// </summary>
/// <param name="found">Called on the guest's thread when <see cref="Text"/> has changed: at most twice.</param>
sealed class CrashWatch(Action? found = null)
{
    const int LongestLine = 256;

    readonly byte[] _line = new byte[LongestLine], _found = new byte[LongestLine];
    readonly Lock _gate = new();
    int _length, _foundLength;
    bool _isPanic;

    /// <summary>The line, from the kernel's words on: of the first panic; until there is one, of the first oops. Without what a terminal would obey. Null before.</summary>
    public string? Text
    {
        get { lock (_gate) return _foundLength == 0 ? null : AnsiStripper.Plain(Encoding.UTF8.GetString(_found, 0, _foundLength)).TrimEnd(); }
    }

    /// <summary>Takes the next byte that the guest wrote.</summary>
    public void Add(byte value)
    {
        if (value == '\n')
        {
            if (!_isPanic) Judge(_line.AsSpan(0, _length));
            _length = 0;
        }
        else if (_length < LongestLine) _line[_length++] = value;
    }

    void Judge(ReadOnlySpan<byte> line)
    {
        int panic = line.IndexOf("Kernel panic - "u8);
        if (panic >= 0) Keep(line[panic..], isPanic: true);
        else if (_foundLength == 0 && Oops(line) is >= 0 and var oops) Keep(line[oops..], isPanic: false);
    }

    // "BUG: unable to handle page fault for address", "kernel BUG at FILE:LINE!", "Oops: 0002 [#1] PREEMPT SMP", "general protection fault, ..."
    static int Oops(ReadOnlySpan<byte> line)
    {
        int at = line.IndexOf("BUG: unable to handle"u8);
        if (at < 0) at = line.IndexOf("kernel BUG at "u8);
        if (at < 0) at = line.IndexOf("Oops: "u8);
        return at >= 0 ? at : line.IndexOf("general protection fault, "u8);
    }

    void Keep(ReadOnlySpan<byte> words, bool isPanic)
    {
        lock (_gate)
        {
            words.CopyTo(_found);
            (_foundLength, _isPanic) = (words.Length, isPanic);
        }
        found?.Invoke();
    }
}
