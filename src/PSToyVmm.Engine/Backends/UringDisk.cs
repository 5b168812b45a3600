using System.Runtime.InteropServices;
using PSToyVmm.Engine.Native;
using PSToyVmm.Engine.Virtio.Block;

namespace PSToyVmm.Engine.Backends;

/// <summary>
/// A backend on io_uring: a batch of requests is one system call, and none waits for another. What the kernel does only in
/// part, or cannot do, is finished by <see cref="DiskFile"/>, one request at a time: it is rare.
/// </summary>
sealed class UringDisk : IBlockBackend
{
    const uint DataSync = 1; // IORING_FSYNC_DATASYNC

    readonly DiskImage _image;
    readonly IoUring _ring;
    readonly BlockRequest[] _requests; // by tag, as what was cut short has to be known to go on
    readonly Queue<BlockCompletion> _ready; // of what the ring had no part in

    UringDisk(DiskImage image, IoUring ring, int queueDepth)
    {
        (_image, _ring, QueueDepth) = (image, ring, queueDepth);
        _requests = new BlockRequest[queueDepth];
        _ready = new(queueDepth);
    }

    public ulong Capacity => _image.Capacity;

    public uint BlockSize => _image.BlockSize;

    public bool IsReadOnly => _image.IsReadOnly;

    public string Engine => "io_uring";

    public int QueueDepth { get; }

    public bool Writethrough { get; set; }

    public SafeHandle? Completions => _ring.Handle;

    /// <summary>Null where the host forbids io_uring or its kernel is too old for it; the image is the caller's then.</summary>
    public static UringDisk? TryCreate(DiskImage image, int queueDepth, out string reason) =>
        IoUring.TryCreate(queueDepth, out reason) is { } ring ? new(image, ring, queueDepth) : null;

    public void Queue(in BlockRequest request)
    {
        if (IsReadOnly && request.Operation is not (BlockOperation.Read or BlockOperation.Flush)) _ready.Enqueue(new(request.Tag, Libc.EROFS));
        else if (_image.IsBlockDevice && request.Operation is BlockOperation.Discard or BlockOperation.WriteZeroes or BlockOperation.WriteZeroesUnmap)
            _ready.Enqueue(new(request.Tag, DiskFile.Execute(_image, request, Writethrough))); // ioctls, for which the ring has no request
        else
        {
            _requests[request.Tag] = request;
            _ring.Add(Translate(request));
        }
    }

    public void Submit()
    {
        while (_ring.Submit() is var errno and not 0)
        {
            // Busy or short of memory passes when requests end; where none is left to end, those that wait fail.
            if (errno is Libc.EAGAIN or Libc.EBUSY && TryReap()) continue;
            while (_ring.TryRevoke(out ulong tag)) _ready.Enqueue(new((int)tag, errno));
        }
    }

    public bool TryComplete(out BlockCompletion completion)
    {
        if (_ready.TryDequeue(out completion)) return true;
        if (!_ring.TryTake(out IoUringCompletion end)) return false;
        completion = new((int)end.UserData, Finish(_requests[end.UserData], end.Result));
        return true;
    }

    public void Wait()
    {
        if (_ready.Count > 0 || _ring.InFlight == 0) return;
        _ring.Submit(wait: true);
    }

    public void Dispose()
    {
        _ring.Dispose();
        _image.Dispose();
    }

    bool TryReap()
    {
        if (!_ring.TryTake(out IoUringCompletion end)) return false;
        _ready.Enqueue(new((int)end.UserData, Finish(_requests[end.UserData], end.Result)));
        return true;
    }

    IoUringSubmission Translate(in BlockRequest request)
    {
        IoUringSubmission submission = new()
        {
            Descriptor = (int)_image.Handle.DangerousGetHandle(), // open as long as this object is
            UserData = (ulong)request.Tag,
        };
        switch (request.Operation)
        {
            case BlockOperation.Read or BlockOperation.Write:
                submission.Operation = request.Operation == BlockOperation.Read ? IoUringOperation.ReadVectors : IoUringOperation.WriteVectors;
                (submission.Offset, submission.Address, submission.Length) = (request.Offset, (ulong)request.Vectors, (uint)request.VectorCount);
                if (request.Operation == BlockOperation.Write && Writethrough) submission.OperationFlags = Libc.RWF_DSYNC;
                break;
            case BlockOperation.Flush:
                (submission.Operation, submission.OperationFlags) = (IoUringOperation.Sync, DataSync);
                break;
            default:
                submission.Operation = IoUringOperation.Allocate;
                (submission.Offset, submission.Address) = (request.Offset, request.Length);
                submission.Length = Libc.FALLOC_FL_KEEP_SIZE | (uint)(request.Operation == BlockOperation.WriteZeroes ? Libc.FALLOC_FL_ZERO_RANGE : Libc.FALLOC_FL_PUNCH_HOLE);
                break;
        }
        return submission;
    }

    // What is left of a request when the kernel has ended it.
    int Finish(in BlockRequest request, int result)
    {
        switch (request.Operation)
        {
            case BlockOperation.Flush:
                return -Math.Min(result, 0);
            case BlockOperation.Read or BlockOperation.Write:
                if (result >= 0 && (ulong)result == request.Length) return 0;
                // Cut short: the rest, or the reason why there is none. Short of memory is none for a transfer that waits for its own.
                if (result < 0 && -result is not (Libc.EAGAIN or Libc.EINTR)) return -result;
                (nint vectors, int count, ulong done) = (request.Vectors, request.VectorCount, (ulong)Math.Max(result, 0));
                Scatter.Skip(ref vectors, ref count, done);
                return DiskFile.Execute(_image, request with { Offset = request.Offset + done, Length = request.Length - done, Vectors = vectors, VectorCount = count }, Writethrough);
            default:
                if (result < 0 && -result is not (Libc.EOPNOTSUPP or Libc.EINTR or Libc.EAGAIN)) return -result;
                return result < 0 ? DiskFile.Execute(_image, request, Writethrough) : Writethrough ? DiskFile.Flush(_image) : 0;
        }
    }
}
