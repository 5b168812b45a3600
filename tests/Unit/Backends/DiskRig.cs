using System.Runtime.InteropServices;
using PSToyVmm.Engine.Backends;
using PSToyVmm.Engine.Virtio;
using PSToyVmm.Engine.Virtio.Block;

namespace PSToyVmm.Tests.Unit.Backends;

/// <summary>A backend over an image of its own, one request at a time or in batches.</summary>
sealed class DiskRig : IDisposable
{
    public const int Depth = 64;

    readonly byte[] _buffer = GC.AllocateArray<byte>(8 << 20, pinned: true);
    readonly IoVector[] _vectors = GC.AllocateArray<IoVector>(1024, pinned: true);

    public DiskRig(string path, string engine) : this(path, engine, engine == "snapshot" ? DiskAccess.Snapshot : DiskAccess.ReadWrite)
    {
    }

    public DiskRig(string path, string engine, DiskAccess access) => Backend = DiskBackend.Open(path, access, raw: true, Depth, allowRing: engine == "io_uring");

    public IBlockBackend Backend { get; }

    public int Write(ulong offset, ReadOnlySpan<byte> bytes, int pieces = 1)
    {
        bytes.CopyTo(_buffer);
        return Transfer(BlockOperation.Write, offset, bytes.Length, pieces);
    }

    public int Read(ulong offset, Span<byte> into, int pieces = 1)
    {
        _buffer.AsSpan(0, into.Length).Fill(0xee);
        int errno = Transfer(BlockOperation.Read, offset, into.Length, pieces);
        _buffer.AsSpan(0, into.Length).CopyTo(into);
        return errno;
    }

    public int Run(BlockOperation operation, ulong offset = 0, ulong length = 0) => Run(new BlockRequest(operation, 3, offset, length));

    public void Dispose() => Backend.Dispose();

    int Transfer(BlockOperation operation, ulong offset, int length, int pieces)
    {
        // Pieces of odd sizes, as a guest may have them.
        int at = 0;
        for (int i = 0; i < pieces; i++)
        {
            int size = i == pieces - 1 ? length - at : Math.Max(1, (length / pieces) - (i % 7));
            _vectors[i] = new() { Base = Marshal.UnsafeAddrOfPinnedArrayElement(_buffer, at), Length = (nuint)size };
            at += size;
        }
        return Run(new BlockRequest(operation, 3, offset, (ulong)length, Marshal.UnsafeAddrOfPinnedArrayElement(_vectors, 0), pieces));
    }

    int Run(in BlockRequest request)
    {
        Backend.Queue(request);
        Backend.Submit();
        BlockCompletion completion;
        while (!Backend.TryComplete(out completion)) Backend.Wait();
        return completion.Tag == request.Tag ? completion.Error : throw new InvalidOperationException("another request's tag");
    }
}
