namespace PSToyVmm.Engine.Consoles;

/// <summary>A bounded number of texts of a bounded number of bytes together; the oldest give way. Allocates only when it is made. Not thread-safe.</summary>
sealed class LogRing(int entries, int bytes)
{
    readonly Entry[] _entries = new Entry[entries];
    readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(bytes); // pages that are never reached cost no memory
    long _written;

    /// <summary>A text: its place among all sources' texts, its time in UTC ticks, and where it is.</summary>
    public readonly record struct Entry(long Sequence, long Time, long Start, int Length);

    /// <summary>The number of the oldest entry that is still there: as many have been forgotten.</summary>
    public long First { get; private set; }

    /// <summary>One more than the number of the newest.</summary>
    public long End { get; private set; }

    public long Forgotten => First;

    /// <summary>An entry that is still there.</summary>
    public Entry this[long number] => _entries[number % _entries.Length];

    /// <summary>Adds a text, no longer than the ring; <paramref name="entry"/>'s start is set.</summary>
    public void Add(Entry entry, ReadOnlySpan<byte> text)
    {
        int at = (int)(_written % _bytes.Length), head = Math.Min(text.Length, _bytes.Length - at);
        text[..head].CopyTo(_bytes.AsSpan(at));
        text[head..].CopyTo(_bytes);
        _entries[End++ % _entries.Length] = entry with { Start = _written };
        _written += text.Length;
        while (End - First > _entries.Length || this[First].Start < _written - _bytes.Length) First++;
    }

    /// <summary>A copy of an entry's text.</summary>
    public byte[] TextOf(Entry entry)
    {
        byte[] text = new byte[entry.Length];
        int at = (int)(entry.Start % _bytes.Length), head = Math.Min(text.Length, _bytes.Length - at);
        _bytes.AsSpan(at, head).CopyTo(text);
        _bytes.AsSpan(0, text.Length - head).CopyTo(text.AsSpan(head));
        return text;
    }
}
