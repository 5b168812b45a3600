using System.Runtime.InteropServices;
using PSToyVmm.Engine.Memory;

namespace PSToyVmm.Engine.Virtio.Block;

/// <content>One request, from the queue to the backend and back (virtio 1.2, 5.2.6).</content>
sealed partial class BlockDevice
{
    const int HeaderSize = 16, StatusSize = 1, RangeSize = 16;

    // The buffer's layout is free (2.7.4.3): header, data and status are found by where they are in it, not by descriptor.
    void Begin(Virtqueue requests)
    {
        if (_chain.WritableBytes < StatusSize)
        {
            Break("a request has no room for its status");
            return;
        }
        Segment last = _chain.Writable[^1];
        GuestAddress status = last.Address + (last.Length - StatusSize);
        BlockRequestHeader header = default;
        BlockStatus? answer = _chain.Read(0, MemoryMarshal.AsBytes(new Span<BlockRequestHeader>(ref header))) < HeaderSize
            ? BlockStatus.IoError
            : TryQueue(header, status);
        if (answer is not { } now) return;
        if (now != BlockStatus.Ok) Counters.Rejected++;
        Memory.Slice(status, StatusSize)[0] = (byte)now;
        requests.Push(_chain.Head, Written);
    }

    // Null where the backend has it now; else the answer to it.
    BlockStatus? TryQueue(in BlockRequestHeader header, GuestAddress status)
    {
        switch (header.Type)
        {
            case BlockRequestType.In:
                return TryTransfer(BlockOperation.Read, header.Sector, _chain.WritableBytes - StatusSize, status);
            case BlockRequestType.Out:
                return _backend.IsReadOnly || _chain.ReadableBytes < HeaderSize ? BlockStatus.IoError
                    : TryTransfer(BlockOperation.Write, header.Sector, _chain.ReadableBytes - HeaderSize, status);
            case BlockRequestType.Flush when Has(BlockFeature.Flush):
                _limiter.Charge(0);
                return Queue(new(BlockOperation.Flush, NextTag, 0, 0), status);
            case BlockRequestType.GetId:
                // Not beyond the data: the last byte is the status.
                _chain.Write(0, _serial.AsSpan(0, (int)Math.Min(SerialSize, _chain.WritableBytes - StatusSize)));
                return BlockStatus.Ok;
            case BlockRequestType.Discard when Has(BlockFeature.Discard):
                return TryRange(BlockOperation.Discard, MostDiscarded, status);
            case BlockRequestType.WriteZeroes when Has(BlockFeature.WriteZeroes):
                return TryRange(BlockOperation.WriteZeroes, MostZeroed, status);
            default:
                return BlockStatus.Unsupported;
        }
    }

    BlockStatus? TryTransfer(BlockOperation operation, ulong sector, ulong length, GuestAddress status)
    {
        if (length == 0 || length % SectorSize != 0 || !IsInside(sector, length)) return BlockStatus.IoError;
        int count = operation == BlockOperation.Read ? Gather(_chain.Writable, 0, length) : Gather(_chain.Readable, HeaderSize, length);
        _limiter.Charge((long)length);
        nint vectors = Marshal.UnsafeAddrOfPinnedArrayElement(_vectors, NextTag * QueueSize);
        return Queue(new(operation, NextTag, sector * SectorSize, length, vectors, count), status);
    }

    BlockStatus? TryRange(BlockOperation operation, uint mostSectors, GuestAddress status)
    {
        BlockRange range = default;
        if (_chain.ReadableBytes != HeaderSize + RangeSize) return BlockStatus.IoError;
        _chain.Read(HeaderSize, MemoryMarshal.AsBytes(new Span<BlockRange>(ref range)));
        bool unmap = (range.Flags & BlockRange.Unmap) != 0;
        if ((range.Flags & ~BlockRange.Unmap) != 0 || (unmap && operation == BlockOperation.Discard)) return BlockStatus.Unsupported;
        ulong length = range.Sectors * SectorSize;
        if (range.Sectors == 0 || range.Sectors > mostSectors || !IsInside(range.Sector, length)) return BlockStatus.IoError;
        _limiter.Charge(0);
        return Queue(new(unmap ? BlockOperation.WriteZeroesUnmap : operation, NextTag, range.Sector * SectorSize, length), status);
    }

    bool IsInside(ulong sector, ulong length) => sector <= _config.Sectors && length / SectorSize <= _config.Sectors - sector;

    // Those bytes of the segments, as vectors of the next tag. A chain has no more segments than a tag has vectors.
    int Gather(ReadOnlySpan<Segment> segments, ulong skip, ulong length)
    {
        Span<IoVector> vectors = _vectors.AsSpan(NextTag * QueueSize, QueueSize);
        int count = 0;
        foreach (ref readonly Segment segment in segments)
        {
            ulong skipped = Math.Min(skip, segment.Length), taken = Math.Min(segment.Length - skipped, length);
            (skip, length) = (skip - skipped, length - taken);
            if (taken > 0) vectors[count++] = new() { Base = segment.Host + (nint)skipped, Length = (nuint)taken };
        }
        return count;
    }

    int NextTag => _free[_freeCount - 1];

    // All of it, as the status is at its end. 4 GiB, the most that a chain can have, wrap: the largest number that fits says it nearly.
    uint Written => (uint)Math.Min(_chain.WritableBytes, uint.MaxValue);

    BlockStatus? Queue(in BlockRequest request, GuestAddress status)
    {
        _freeCount--;
        _pending[request.Tag] = new() { Status = status, Operation = request.Operation, Head = _chain.Head, Written = Written, Length = request.Length };
        _backend.Queue(request);
        return null;
    }

    void TakeCompletions()
    {
        while (_backend.TryComplete(out BlockCompletion completion))
        {
            ref Pending pending = ref _pending[completion.Tag];
            Count(pending, completion.Error);
            _free[_freeCount++] = completion.Tag;
            if (Queues[0] is not { } requests) continue;
            Memory.Slice(pending.Status, StatusSize)[0] = (byte)(completion.Error == 0 ? BlockStatus.Ok : BlockStatus.IoError);
            requests.Push(pending.Head, pending.Written);
        }
    }

    void Count(in Pending pending, int error)
    {
        if (error != 0)
        {
            Counters.LastError = error;
            Counters.Errors++;
            return;
        }
        switch (pending.Operation)
        {
            case BlockOperation.Read:
                Counters.Reads++;
                Counters.BytesRead += (long)pending.Length;
                break;
            case BlockOperation.Write or BlockOperation.WriteZeroes or BlockOperation.WriteZeroesUnmap:
                Counters.Writes++;
                if (pending.Operation == BlockOperation.Write) Counters.BytesWritten += (long)pending.Length;
                break;
            case BlockOperation.Flush:
                Counters.Flushes++;
                break;
            default:
                Counters.Discards++;
                break;
        }
    }
}
