using System.Runtime.InteropServices;
using PSToyVmm.Engine.Native;
using PSToyVmm.Engine.Virtio.Block;

namespace PSToyVmm.Engine.Backends;

/// <summary>A backend that works its requests off one after another when they are submitted: where the host forbids io_uring, and below others.</summary>
class SynchronousDisk(DiskImage image, int queueDepth) : IBlockBackend
{
    readonly BlockRequest[] _queued = new BlockRequest[queueDepth];
    readonly BlockCompletion[] _done = new BlockCompletion[queueDepth]; // a ring: no more are done than may be in flight
    int _queuedCount;
    uint _doneCount, _taken;

    protected DiskImage Image => image;

    public ulong Capacity => image.Capacity;

    public uint BlockSize => image.BlockSize;

    public virtual bool IsReadOnly => image.IsReadOnly;

    public virtual string Engine => "pread/pwrite";

    public int QueueDepth => queueDepth;

    public bool Writethrough { get; set; }

    public SafeHandle? Completions => null;

    public void Queue(in BlockRequest request) => _queued[_queuedCount++] = request;

    public void Submit()
    {
        for (int i = 0; i < _queuedCount; i++)
        {
            ref BlockRequest request = ref _queued[i];
            int errno = IsReadOnly && request.Operation is not (BlockOperation.Read or BlockOperation.Flush) ? Libc.EROFS : Execute(request);
            _done[_doneCount++ % (uint)queueDepth] = new(request.Tag, errno);
        }
        _queuedCount = 0;
    }

    public bool TryComplete(out BlockCompletion completion)
    {
        completion = default;
        if (_taken == _doneCount) return false;
        completion = _done[_taken++ % (uint)queueDepth];
        return true;
    }

    public void Wait()
    {
        // Nothing is in flight once Submit has returned.
    }

    protected virtual int Execute(in BlockRequest request) => DiskFile.Execute(image, request, Writethrough);

    public virtual void Dispose()
    {
        image.Dispose();
        GC.SuppressFinalize(this);
    }
}
