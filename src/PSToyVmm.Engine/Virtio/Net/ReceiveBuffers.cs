using System.Runtime.InteropServices;
using PSToyVmm.Engine.Memory;

namespace PSToyVmm.Engine.Virtio.Net;

/// <summary>
/// Receive buffers that a driver offered and that hold no frame yet, in their order, with their pieces side by side as readv(2)
/// takes them. So a frame goes from the host into guest memory without a copy, over as many buffers as it needs, and
/// what it leaves serves the next one without another walk through the queue.
/// </summary>
sealed class ReceiveBuffers
{
    // UIO_MAXIOV is 1024, and one is for what the buffers have no room for.
    const int MostVectors = 1023;

    struct Buffer
    {
        public ushort Head;
        public int Vectors;
        public ulong Length;
        public GuestAddress Count, CountHigh; // where its header has the number of buffers: nearly always two bytes side by side
    }

    readonly int _longestChain, _mask;
    readonly Buffer[] _buffers;
    readonly IoVector[] _vectors = GC.AllocateArray<IoVector>(MostVectors + 1, pinned: true);
    int _first, _firstVector;

    /// <summary>Makes a place for them.</summary>
    /// <param name="queueSize">Buffers that a driver can have in its queue, a power of two, and pieces that one of them can have.</param>
    public ReceiveBuffers(int queueSize)
    {
        (_longestChain, _mask) = (queueSize, queueSize - 1);
        _buffers = new Buffer[queueSize];
    }

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes that they take.</summary>
    public ulong Room { get; private set; }

    /// <summary>Pieces that they have together.</summary>
    public int VectorCount { get; private set; }

    /// <summary>Whether any buffer finds a place.</summary>
    public bool HasPlace => Count < _buffers.Length && VectorCount <= MostVectors - _longestChain;

    /// <summary>The pieces, as an address for system calls, and behind them another one.</summary>
    /// <param name="spill">For what they have no room for.</param>
    public nint VectorsWith(IoVector spill)
    {
        _vectors[_firstVector + VectorCount] = spill;
        return Marshal.UnsafeAddrOfPinnedArrayElement(_vectors, _firstVector);
    }

    /// <summary>Adds one behind the others.</summary>
    /// <returns>False where it has no room for a header, which no driver may offer.</returns>
    public bool TryAdd(DescriptorChain chain)
    {
        if (chain.WritableBytes < NetHeader.Size) return false;
        ReadOnlySpan<Segment> segments = chain.Writable;
        if (_firstVector + VectorCount + segments.Length > MostVectors) MoveToBeginning();
        int end = _firstVector + VectorCount;
        foreach (ref readonly Segment segment in segments) _vectors[end++] = new() { Base = segment.Host, Length = segment.Length };
        _buffers[(_first + Count++) & _mask] = new()
        {
            Head = chain.Head,
            Vectors = segments.Length,
            Length = chain.WritableBytes,
            Count = AddressAt(segments, NetHeader.BuffersAt),
            CountHigh = AddressAt(segments, NetHeader.BuffersAt + 1),
        };
        VectorCount += segments.Length;
        Room += chain.WritableBytes;
        return true;
    }

    /// <summary>Gives the first of them back with a frame that is in them.</summary>
    /// <param name="queue">Theirs.</param>
    /// <param name="memory">The guest's.</param>
    /// <param name="length">The frame's, header included; not more than <see cref="Room"/>.</param>
    public void Push(Virtqueue queue, GuestMemory memory, ulong length)
    {
        ref readonly Buffer header = ref _buffers[_first];
        (GuestAddress low, GuestAddress high) = (header.Count, header.CountHigh);
        int used = 0;
        for (; length > 0; used++)
        {
            ref readonly Buffer buffer = ref _buffers[_first];
            ulong taken = Math.Min(length, buffer.Length);
            queue.Push(buffer.Head, (uint)taken);
            length -= taken;
            (_firstVector, VectorCount, Room) = (_firstVector + buffer.Vectors, VectorCount - buffer.Vectors, Room - buffer.Length);
            (_first, Count) = ((_first + 1) & _mask, Count - 1);
        }
        // Before the driver is shown any of them. Also where it merges none (5.1.6.4.1), and tap leaves it as it was.
        if (high.Value == low.Value + 1)
        {
            memory.Ref<ushort>(low) = (ushort)used;
            return;
        }
        memory.Slice(low, 1)[0] = (byte)used;
        memory.Slice(high, 1)[0] = (byte)(used >> 8);
    }

    /// <summary>Forgets them.</summary>
    public void Clear() => (_first, _firstVector, Count, VectorCount, Room) = (0, 0, 0, 0, 0);

    void MoveToBeginning()
    {
        _vectors.AsSpan(_firstVector, VectorCount).CopyTo(_vectors);
        _firstVector = 0;
    }

    // A driver may cut even the header into pieces.
    static GuestAddress AddressAt(ReadOnlySpan<Segment> segments, uint offset)
    {
        foreach (ref readonly Segment segment in segments)
        {
            if (offset < segment.Length) return segment.Address + offset;
            offset -= segment.Length;
        }
        return default;
    }
}
