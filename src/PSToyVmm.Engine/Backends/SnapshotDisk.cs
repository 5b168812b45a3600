using PSToyVmm.Engine.Native;
using PSToyVmm.Engine.Virtio.Block;

namespace PSToyVmm.Engine.Backends;

/// <summary>
/// A disk whose changes are thrown away: they go to a sparse file without a name, each sector at its own place, and a map
/// says which sectors are there. The image is only read, so that any number of machines can have it.
/// </summary>
sealed class SnapshotDisk : SynchronousDisk
{
    const ulong SectorSize = 512;

    readonly DiskImage _changes;
    readonly SectorMap _changed;

    public SnapshotDisk(DiskImage image, int queueDepth) : base(image, queueDepth)
    {
        _changes = DiskImage.Temporary(image.Capacity);
        _changed = new(image.Capacity / SectorSize);
    }

    public override bool IsReadOnly => false;

    public override string Engine => "snapshot";

    public override void Dispose()
    {
        _changes.Dispose();
        _changed.Dispose();
        base.Dispose();
    }

    protected override int Execute(in BlockRequest request)
    {
        switch (request.Operation)
        {
            case BlockOperation.Read: return Read(request);
            case BlockOperation.Flush: return 0; // nothing of it is to outlive the machine
        }
        int errno = request.Operation switch
        {
            BlockOperation.Write => DiskFile.Write(_changes, request, durable: false),
            _ => DiskFile.WriteZeroes(_changes, request.Offset, request.Length, unmap: true),
        };
        // A write that failed may have changed some of the sectors: they keep what the image has.
        if (errno == 0) _changed.Set(request.Offset / SectorSize, request.Length / SectorSize);
        return errno;
    }

    // Runs of sectors from the one file and from the other.
    int Read(in BlockRequest request)
    {
        (ulong at, ulong end, nint vectors, int count) = (request.Offset, request.Offset + request.Length, request.Vectors, request.VectorCount);
        while (at < end)
        {
            (bool changed, ulong sectors) = _changed.Run(at / SectorSize, (end - at) / SectorSize);
            ulong length = sectors * SectorSize;
            int taken = Scatter.Cut(vectors, count, length, out nuint rest);
            int errno = DiskFile.Read(changed ? _changes : Image, request with { Offset = at, Length = length, Vectors = vectors, VectorCount = taken });
            if (errno != 0) return errno;
            Scatter.GoOn(ref vectors, ref count, taken, rest);
            at += length;
        }
        return 0;
    }
}
