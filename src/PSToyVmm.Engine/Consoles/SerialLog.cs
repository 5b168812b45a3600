using System.Diagnostics;
using System.Numerics;

namespace PSToyVmm.Engine.Consoles;

/// <summary>
/// What a guest wrote to its console: a scrollback of bounded size with any number of readers, each at a position of its
/// own, and optionally a file that keeps everything. Positions count bytes since the machine was made and only grow.
/// The writer never waits for a reader or for the disk.
/// </summary>
/// <remarks>
/// The ring is made of segments that are allocated when the guest first gets there, so a silent machine costs nothing;
/// once the ring is full, <see cref="Append"/> allocates no more. The lock is held for a copy of one segment at most.
/// </remarks>
public sealed class SerialLog : IDisposable
{
    /// <summary>Bytes of scrollback where nothing else is asked for.</summary>
    public const int DefaultCapacity = 4 << 20;

    const int LargestSegment = 64 << 10;                               // stays off the large object heap

    readonly object _gate = new();                                     // a Monitor, since readers wait on it
    readonly LogFileWriter? _file;
    readonly int _capacity, _segmentSize;
    readonly byte[]?[] _segments;
    long _end;
    int _waiting;
    bool _completed;

    /// <summary>Makes an empty log; <paramref name="file"/> (owned) receives every byte in order, written by a thread of its own.</summary>
    public SerialLog(int capacity = DefaultCapacity, Stream? file = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        _capacity = capacity;
        _segmentSize = (int)Math.Min(LargestSegment, BitOperations.RoundUpToPowerOf2((uint)capacity));
        _segments = new byte[]?[(capacity + (long)_segmentSize - 1) / _segmentSize];
        _file = file is null ? null : new LogFileWriter(file);
    }

    /// <summary>Position of the oldest byte still held.</summary>
    public long Start => OldestBefore(End);

    /// <summary>Position one past the newest byte.</summary>
    public long End => Volatile.Read(ref _end);

    /// <summary>Position at which the last start began: what stands before it is of older runs.</summary>
    public long RunStart { get; private set; }

    /// <summary>Whether the machine is off for now, so that waiting for more is in vain.</summary>
    public bool IsCompleted => Volatile.Read(ref _completed);

    /// <summary>What went wrong with the log file, if anything did; the scrollback goes on without it.</summary>
    public Exception? FileError => _file?.Error;

    /// <summary>Adds what the guest wrote. One writer at a time.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        _file?.Append(bytes);
        while (!bytes.IsEmpty)
            lock (_gate)
            {
                Span<byte> room = Segment(_end, allocate: true);
                int count = Math.Min(room.Length, bytes.Length);
                bytes[..count].CopyTo(room);
                bytes = bytes[count..];
                Volatile.Write(ref _end, _end + count);
                if (_waiting > 0) Monitor.PulseAll(_gate);             // a system call, so only if somebody waits
            }
    }

    /// <summary>
    /// Copies what there is from <paramref name="position"/> on and advances it; a position older than <see cref="Start"/>
    /// is moved to it first. Returns 0 when there is nothing new. Never waits. What one call returns has no gap.
    /// </summary>
    public int Read(ref long position, Span<byte> into)
    {
        int read = 0;
        while (read < into.Length)
            lock (_gate)
            {
                if (position < OldestBefore(_end))
                {
                    if (read > 0) break;                               // overtaken between two segments: the gap is next time's
                    position = OldestBefore(_end);
                }
                if (position >= _end) break;
                ReadOnlySpan<byte> held = Segment(position, allocate: false);
                int count = (int)Math.Min(Math.Min(held.Length, into.Length - read), _end - position);
                held[..count].CopyTo(into[read..]);
                read += count;
                position += count;
            }
        return read;
    }

    /// <summary>Waits until there is something past <paramref name="position"/> (true) or the log is completed or the time is over (false).</summary>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was cancelled.</exception>
    public bool WaitForMore(long position, TimeSpan timeout, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        if (End > position) return true;
        long started = Stopwatch.GetTimestamp();
        using CancellationTokenRegistration registration = stop.UnsafeRegister(static log => ((SerialLog)log!).WakeReaders(), this);
        lock (_gate)
            for (bool polling = true; ; polling = false)
            {
                if (_end > position) return true;
                stop.ThrowIfCancellationRequested();
                if (_completed || !Wait(timeout, started, polling)) return _end > position;
            }
    }

    /// <summary>
    /// The machine is off: waiting readers return, and the file is flushed; a disk that is slow is waited for, up to 30 s.
    /// <see cref="Reopen"/> undoes it at the next start.
    /// </summary>
    public void Complete()
    {
        lock (_gate)
        {
            Volatile.Write(ref _completed, true);
            Monitor.PulseAll(_gate);
        }
        _file?.Flush();
    }

    /// <summary>The machine starts again; the scrollback goes on where it was.</summary>
    public void Reopen()
    {
        RunStart = End;
        Volatile.Write(ref _completed, false);
    }

    /// <summary>Completes, and closes the file.</summary>
    public void Dispose()
    {
        Complete();
        _file?.Dispose();
    }

    /// <summary>
    /// One wait, inside the lock; false when the time is over. To wake a reader costs the writer a system call, so the first
    /// millisecond is waited without asking for it: while a guest talks, readers look once in a millisecond; once it pauses,
    /// its next byte wakes them at once.
    /// </summary>
    bool Wait(TimeSpan timeout, long started, bool polling)
    {
        TimeSpan left = timeout == Timeout.InfiniteTimeSpan ? TimeSpan.FromDays(1) : timeout - Stopwatch.GetElapsedTime(started);
        if (left <= TimeSpan.Zero) return false;
        // Rounded up: a wait of less than a millisecond would be none, and the caller's loop would spin.
        int milliseconds = polling ? 1 : (int)Math.Min(Math.Ceiling(left.TotalMilliseconds), int.MaxValue);
        if (!polling) _waiting++;
        Monitor.Wait(_gate, milliseconds);
        if (!polling) _waiting--;
        return true;
    }

    void WakeReaders()
    {
        lock (_gate)
            Monitor.PulseAll(_gate);
    }

    long OldestBefore(long end) => Math.Max(0, end - _capacity);

    /// <summary>The rest of the segment from <paramref name="position"/> on.</summary>
    Span<byte> Segment(long position, bool allocate)
    {
        ref byte[]? segment = ref _segments[(int)(position / _segmentSize % _segments.Length)];
        if (allocate) segment ??= GC.AllocateUninitializedArray<byte>(_segmentSize);
        return segment.AsSpan((int)(position % _segmentSize));
    }
}
