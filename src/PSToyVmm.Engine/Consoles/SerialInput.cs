namespace PSToyVmm.Engine.Consoles;

/// <summary>
/// What the user types and the guest has not read yet: a queue without bound and without loss, because a UART's FIFO
/// holds sixteen bytes and a paste holds thousands. Any thread may add; the serial device takes.
/// </summary>
public sealed class SerialInput
{
    static readonly byte[] s_break = [0];                              // itself, not its content, is a break

    readonly Lock _gate = new();
    readonly Queue<byte[]> _pieces = [];
    int _taken;                                                        // of the oldest piece
    int _count;

    /// <summary>Raised, outside any lock, after bytes were added; the machine tells the device.</summary>
    public event Action? Arrived;

    /// <summary>Bytes that wait; a break counts as one.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Adds bytes at the end; what one call adds stays together.</summary>
    public void Enqueue(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty) return;
        Add(bytes.ToArray());                                          // copied before the lock: the guest may be taking
    }

    /// <summary>
    /// Adds a break at the end, the line held low for longer than a byte takes, and bytes which nothing comes between. Only a
    /// serial port knows of such a thing.
    /// </summary>
    public void EnqueueBreak(ReadOnlySpan<byte> after = default)
    {
        if (after.IsEmpty) Add(s_break);
        else Add(s_break, after.ToArray());
    }

    /// <inheritdoc cref="TryDequeue(out byte, out bool)"/>
    public bool TryDequeue(out byte value) => TryDequeue(out value, out _);

    /// <summary>Takes the oldest byte; a break comes as a zero. Runs on the exit path: no allocation, no wait.</summary>
    public bool TryDequeue(out byte value, out bool isBreak)
    {
        (value, isBreak) = (0, false);
        if (Count == 0) return false;
        lock (_gate)
        {
            if (!_pieces.TryPeek(out byte[]? oldest)) return false;
            isBreak = ReferenceEquals(oldest, s_break);
            value = oldest[_taken++];
            _count--;
            if (_taken < oldest.Length) return true;
            _pieces.Dequeue();
            _taken = 0;
            return true;
        }
    }

    /// <summary>Takes as many of the oldest bytes as there are and as there is room for. No allocation, no wait.</summary>
    /// <returns>Bytes taken.</returns>
    public int Dequeue(Span<byte> into)
    {
        int done = 0;
        lock (_gate)
        {
            while (done < into.Length && _pieces.TryPeek(out byte[]? oldest))
            {
                int count = Math.Min(oldest.Length - _taken, into.Length - done);
                oldest.AsSpan(_taken, count).CopyTo(into[done..]);
                (done, _taken, _count) = (done + count, _taken + count, _count - count);
                if (_taken < oldest.Length) break;
                _pieces.Dequeue();
                _taken = 0;
            }
        }
        return done;
    }

    /// <summary>Forgets what waits (the machine was turned off).</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _pieces.Clear();
            (_taken, _count) = (0, 0);
        }
    }

    void Add(params ReadOnlySpan<byte[]> pieces)
    {
        lock (_gate)
            foreach (byte[] piece in pieces)
            {
                _pieces.Enqueue(piece);
                _count += piece.Length;
            }
        Arrived?.Invoke();
    }
}
