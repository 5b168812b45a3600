using PSToyVmm.Engine.Memory;

namespace PSToyVmm.Engine.Virtio;

/// <summary>
/// One buffer that a driver made available: first what the device may read, then what it may write. Every address and
/// length in it was read once from guest memory and checked. Made once and filled again and again by
/// <see cref="Virtqueue.TryPop"/>; it grows to the longest chain that it met, and allocates nothing after that.
/// </summary>
sealed class DescriptorChain
{
    /// <summary>The most that a buffer may have (virtio 1.2, 2.7.5).</summary>
    public const ulong MostBytes = 1ul << 32;

    Segment[] _segments = new Segment[8];
    int _readable, _count;
    GuestMemory? _memory;

    /// <summary>
    /// What <see cref="Virtqueue.Push"/> gives back to the driver. A hostile one may offer a head again before it got it
    /// back: nothing is to be looked up by it.
    /// </summary>
    public ushort Head { get; private set; }

    /// <summary>What the device may read.</summary>
    public ReadOnlySpan<Segment> Readable => _segments.AsSpan(0, _readable);

    /// <summary>What the device may write.</summary>
    public ReadOnlySpan<Segment> Writable => _segments.AsSpan(_readable, _count - _readable);

    /// <summary>Bytes that the device may read.</summary>
    public ulong ReadableBytes { get; private set; }

    /// <summary>Bytes that the device may write.</summary>
    public ulong WritableBytes { get; private set; }

    /// <summary>Copies from the readable part, across its segments.</summary>
    /// <param name="offset">From its beginning.</param>
    /// <param name="into">Where to.</param>
    /// <returns>Bytes copied; fewer than asked for where the part ends first.</returns>
    public int Read(ulong offset, Span<byte> into)
    {
        int done = 0;
        foreach (ref readonly Segment segment in Readable)
        {
            if (done == into.Length) break;
            int length = Overlap(in segment, ref offset, into.Length - done, out GuestAddress at);
            _memory!.Slice(at, length).CopyTo(into[done..]);
            done += length;
        }
        return done;
    }

    /// <summary>Copies into the writable part, across its segments.</summary>
    /// <inheritdoc cref="Read"/>
    public int Write(ulong offset, ReadOnlySpan<byte> from)
    {
        int done = 0;
        foreach (ref readonly Segment segment in Writable)
        {
            if (done == from.Length) break;
            int length = Overlap(in segment, ref offset, from.Length - done, out GuestAddress at);
            from.Slice(done, length).CopyTo(_memory!.Slice(at, length));
            done += length;
        }
        return done;
    }

    internal void Begin(GuestMemory memory, ushort head)
    {
        (_memory, Head) = (memory, head);
        (_readable, _count, ReadableBytes, WritableBytes) = (0, 0, 0, 0);
    }

    /// <summary>Adds a descriptor, which is this VMM's own copy.</summary>
    /// <returns>What is wrong with it; null where nothing is.</returns>
    internal string? Add(in Descriptor descriptor)
    {
        bool isWritable = (descriptor.Flags & Descriptor.IsWritable) != 0;
        if (!isWritable && _count > _readable) return "has a readable descriptor after a writable one";
        if (descriptor.Length == 0) return null; // of no bytes, wherever they are: allowed, and nothing to keep
        if (!_memory!.TryResolve(new(descriptor.Address), descriptor.Length, out nint host)) return "leaves guest memory";
        if (ReadableBytes + WritableBytes + descriptor.Length > MostBytes) return "has more than 4 GiB";
        if (_count == _segments.Length) Array.Resize(ref _segments, _count * 2);
        _segments[_count++] = new(new(descriptor.Address), descriptor.Length, host);
        if (isWritable) WritableBytes += descriptor.Length;
        else (_readable, ReadableBytes) = (_count, ReadableBytes + descriptor.Length);
        return null;
    }

    // How much of a segment is to be copied, beginning at the offset; what is left of the offset is for the next one.
    static int Overlap(in Segment segment, ref ulong offset, int wanted, out GuestAddress at)
    {
        ulong skipped = Math.Min(offset, segment.Length);
        offset -= skipped;
        at = segment.Address + skipped;
        return (int)Math.Min((ulong)wanted, segment.Length - skipped);
    }
}
