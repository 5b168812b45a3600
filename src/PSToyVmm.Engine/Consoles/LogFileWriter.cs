namespace PSToyVmm.Engine.Consoles;

/// <summary>
/// Writes a console's bytes to a stream, in order, on a thread of its own. The queue is long, for the log is to be complete and
/// the guest is not to wait: chunks are reused, and new ones are made only while the disk is slower than the guest. A guest
/// that is far ahead of its disk, as only one that means it is, has a log that ends there. A stream that fails
/// ends the writing, not the guest.
/// </summary>
sealed class LogFileWriter : IDisposable
{
    const int ChunkSize = 32 << 10, SpareChunks = 8;

    /// <summary>Bytes that may wait for the disk: the host's memory.</summary>
    public const long MostWaiting = 256 << 20;

    // How long a disk may take to catch up, and then to close; after that it goes on in the background.
    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30), s_closing = TimeSpan.FromSeconds(5);

    // A guest writes byte by byte: what it writes in this time becomes one write to the disk.
    static readonly TimeSpan s_gathering = TimeSpan.FromMilliseconds(20);

    sealed class Chunk
    {
        public readonly byte[] Bytes = GC.AllocateUninitializedArray<byte>(ChunkSize);
        public int Length;
    }

    readonly object _gate = new();
    readonly ManualResetEventSlim _hurry = new();                      // somebody waits for the disk: do not gather
    readonly Stream _stream;
    readonly Stack<Chunk> _spare = new(SpareChunks);
    readonly Thread _thread;
    List<Chunk> _filled = [], _writing = [];
    Exception? _error;
    long _appended, _written;
    bool _idle, _closing, _ended, _isBehind;

    public LogFileWriter(Stream stream)
    {
        _stream = stream;
        _thread = new Thread(Run) { IsBackground = true, Name = "ToyVm serial log" };
        _thread.Start();
    }

    public Exception? Error => Volatile.Read(ref _error);

    public void Append(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            if (_closing || _ended || _isBehind) return;
            if (_appended - _written + bytes.Length > MostWaiting)
            {
                // What came before is written. Nothing after it is: a log with a gap would look as if it had none.
                _isBehind = true;
                _error ??= new IOException($"the guest writes faster than the disk, which is {MostWaiting >> 20} MiB behind");
                return;
            }
            _appended += bytes.Length;
            while (!bytes.IsEmpty)
            {
                Chunk chunk = ChunkWithRoom();
                int count = Math.Min(ChunkSize - chunk.Length, bytes.Length);
                bytes[..count].CopyTo(chunk.Bytes.AsSpan(chunk.Length));
                chunk.Length += count;
                bytes = bytes[count..];
            }
            if (_idle) Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Waits until all that was appended so far is with the operating system.</summary>
    public void Flush()
    {
        long deadline = Environment.TickCount64 + (long)s_patience.TotalMilliseconds;
        lock (_gate)
        {
            long target = _appended;
            _hurry.Set();
            while (_written < target && !_ended)
            {
                long left = deadline - Environment.TickCount64;
                if (left <= 0 || !Monitor.Wait(_gate, (int)left))
                {
                    _error ??= new TimeoutException($"the disk has not taken {target - _written} bytes within {s_patience.TotalSeconds} s");
                    break;
                }
            }
            if (!_closing) _hurry.Reset();
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _closing = true;
            _hurry.Set();
            Monitor.PulseAll(_gate);
        }
        _thread.Join(s_closing);
    }

    Chunk ChunkWithRoom()
    {
        if (_filled.Count > 0 && _filled[^1].Length < ChunkSize) return _filled[^1];
        Chunk chunk = _spare.TryPop(out Chunk? spare) ? spare : new Chunk();
        _filled.Add(chunk);
        return chunk;
    }

    void Run()
    {
        try
        {
            while (TakeFilled())
            {
                foreach (Chunk chunk in _writing)
                    _stream.Write(chunk.Bytes, 0, chunk.Length);
                _stream.Flush();
                GiveBack();
                _hurry.Wait(s_gathering);
            }
            _stream.Dispose();
        }
        catch (Exception e)                                            // a thread's outermost frame: whatever the disk did, the guest goes on
        {
            Volatile.Write(ref _error, e);
            CloseQuietly();
        }
        lock (_gate)
        {
            _ended = true;
            _filled.Clear();
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Waits for bytes and takes all there are; false when it is closing and there are none.</summary>
    bool TakeFilled()
    {
        lock (_gate)
        {
            while (_filled.Count == 0 && !_closing)
            {
                _idle = true;
                Monitor.Wait(_gate);
                _idle = false;
            }
            (_filled, _writing) = (_writing, _filled);
            return _writing.Count > 0;
        }
    }

    void GiveBack()
    {
        lock (_gate)
        {
            foreach (Chunk chunk in _writing)
            {
                _written += chunk.Length;
                chunk.Length = 0;
                if (_spare.Count < SpareChunks) _spare.Push(chunk);
            }
            _writing.Clear();
            Monitor.PulseAll(_gate);
        }
    }

    void CloseQuietly()
    {
        try
        {
            _stream.Dispose();
        }
        catch (Exception e) when (e is IOException or NotSupportedException or UnauthorizedAccessException)
        {
            // The first error is the one that tells.
        }
    }
}
