using PSToyVmm.Engine.Native;
using PSToyVmm.Engine.Virtio.Block;

namespace PSToyVmm.Engine.Backends;

/// <summary>Requests to an image one at a time, each finished when its call returns: 0, or the host's error number.</summary>
static class DiskFile
{
    const int ZeroesAtOnce = 1 << 20;

    public static int Execute(DiskImage image, in BlockRequest request, bool durable) => request.Operation switch
    {
        BlockOperation.Read => Read(image, request),
        BlockOperation.Write => Write(image, request, durable),
        BlockOperation.Flush => Flush(image),
        BlockOperation.Discard => Sealed(image, Discard(image, request.Offset, request.Length), durable),
        _ => Sealed(image, WriteZeroes(image, request.Offset, request.Length, request.Operation == BlockOperation.WriteZeroesUnmap), durable),
    };

    /// <summary>Fills the vectors. Behind the end of a file that ends in the middle of a sector are zeroes.</summary>
    public static int Read(DiskImage image, in BlockRequest request)
    {
        (ulong offset, ulong left, nint vectors, int count) = (request.Offset, request.Length, request.Vectors, request.VectorCount);
        while (left > 0)
        {
            nint read = Libc.preadv(image.Handle, vectors, count, (nint)offset);
            if (read < 0 && Errno.Last == Libc.EINTR) continue;
            if (read < 0) return Errno.Last;
            if (read == 0)
            {
                if (offset != image.Length) return Libc.EIO; // became shorter under us
                Scatter.Clear(vectors, count);
                return 0;
            }
            Scatter.Skip(ref vectors, ref count, (ulong)read);
            (offset, left) = (offset + (ulong)read, left - (ulong)read);
        }
        return 0;
    }

    public static int Write(DiskImage image, in BlockRequest request, bool durable)
    {
        (ulong offset, ulong left, nint vectors, int count) = (request.Offset, request.Length, request.Vectors, request.VectorCount);
        while (left > 0)
        {
            nint written = Libc.pwritev2(image.Handle, vectors, count, (nint)offset, durable ? Libc.RWF_DSYNC : 0);
            if (written < 0 && Errno.Last == Libc.EINTR) continue;
            if (written < 0) return Errno.Last;
            if (written == 0) return Libc.EIO;
            Scatter.Skip(ref vectors, ref count, (ulong)written);
            (offset, left) = (offset + (ulong)written, left - (ulong)written);
        }
        return 0;
    }

    public static int Flush(DiskImage image) => Libc.fdatasync(image.Handle) == 0 ? 0 : Errno.Last;

    /// <summary>Gives a range's room back. A file system that cannot is no error: it was a hint.</summary>
    public static int Discard(DiskImage image, ulong offset, ulong length)
    {
        int errno = image.IsBlockDevice ? BlockIoctl.DiscardRange(image.Handle, offset, length)
            : Allocate(image, Libc.FALLOC_FL_PUNCH_HOLE | Libc.FALLOC_FL_KEEP_SIZE, offset, length);
        return errno == Libc.EOPNOTSUPP ? 0 : errno;
    }

    /// <summary>Makes a range zero in the quickest way that the file system knows; by writing where it knows none.</summary>
    public static int WriteZeroes(DiskImage image, ulong offset, ulong length, bool unmap)
    {
        const int Zero = Libc.FALLOC_FL_ZERO_RANGE | Libc.FALLOC_FL_KEEP_SIZE, Punch = Libc.FALLOC_FL_PUNCH_HOLE | Libc.FALLOC_FL_KEEP_SIZE;
        if (image.IsBlockDevice) return BlockIoctl.ZeroRange(image.Handle, offset, length);
        int errno = Allocate(image, unmap ? Punch : Zero, offset, length);
        if (errno == Libc.EOPNOTSUPP) errno = Allocate(image, unmap ? Zero : Punch, offset, length);
        return errno == Libc.EOPNOTSUPP ? WriteZeroes(image, offset, length) : errno;
    }

    static int WriteZeroes(DiskImage image, ulong offset, ulong length)
    {
        byte[] zeroes = new byte[Math.Min(length, ZeroesAtOnce)];
        try
        {
            for (ulong done = 0; done < length; done += (ulong)zeroes.Length)
                RandomAccess.Write(image.Handle, zeroes.AsSpan(0, (int)Math.Min((ulong)zeroes.Length, length - done)), (long)(offset + done));
            return 0;
        }
        catch (IOException)
        {
            return Libc.EIO;
        }
    }

    // What a write does by itself, an allocation has to be followed by.
    static int Sealed(DiskImage image, int errno, bool durable) => errno == 0 && durable ? Flush(image) : errno;

    static int Allocate(DiskImage image, int mode, ulong offset, ulong length)
    {
        while (Libc.fallocate(image.Handle, mode, (nint)offset, (nint)length) != 0)
            if (Errno.Last != Libc.EINTR)
                return Errno.Last;
        return 0;
    }
}
