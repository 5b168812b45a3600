using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using PSToyVmm.Engine.Native;
using PSToyVmm.Engine.Virtio;
using PSToyVmm.Engine.Virtio.Net;

namespace PSToyVmm.Engine.Backends;

/// <summary>
/// Frames over a Unix stream socket, each behind its length in four bytes, big-endian: what passt speaks, and QEMU's
/// <c>-netdev stream</c>. Many are read at once, and copied from there; they are sent straight from guest memory. A peer that
/// breaks the protocol cannot be followed any more, and is left.
/// </summary>
sealed class FrameStream(SafeFileHandle socket, string peer)
{
    const int PrefixSize = 4, EthernetHeader = 14, MostVectors = 258; // a chain's, and the prefix
    const int BufferSize = 256 << 10;

    readonly byte[] _received = GC.AllocateArray<byte>(BufferSize, pinned: true);
    readonly byte[] _unsent = GC.AllocateArray<byte>(PrefixSize + NetDevice.LargestFrame, pinned: true);
    readonly byte[] _prefix = GC.AllocateArray<byte>(PrefixSize, pinned: true);
    readonly IoVector[] _vectors = GC.AllocateArray<IoVector>(MostVectors, pinned: true);
    readonly IoVector[] _single = GC.AllocateArray<IoVector>(1, pinned: true);
    int _start, _end, _unsentAt, _unsentEnd;

    /// <summary>Why it is over; null while it is not.</summary>
    public string? Failure { get; private set; }

    /// <summary>Whether a whole frame has been read and not been taken.</summary>
    public bool HasFrames => Failure is null && _end - _start >= PrefixSize && (ulong)(_end - _start - PrefixSize) >= NextLength;

    /// <summary>Whether the rest of a frame is to be sent.</summary>
    public bool IsSending => _unsentAt < _unsentEnd;

    uint NextLength => BinaryPrimitives.ReadUInt32BigEndian(_received.AsSpan(_start));

    /// <inheritdoc cref="INetBackend.Receive"/>
    public int Receive(nint vectors, int count)
    {
        if (!HasFrames && Fill() is var error && error != 0) return -error;
        if (_end - _start >= PrefixSize && NextLength is < EthernetHeader or > NetDevice.LargestFrame)
            return -Fail($"{peer} announced a frame of {NextLength} bytes, which there is none of", Libc.EIO);
        if (!HasFrames) return 0;
        int length = (int)NextLength;
        Scatter.Write(vectors, count, 0, s_header);
        Scatter.Write(vectors, count, NetHeader.Size, _received.AsSpan(_start + PrefixSize, length));
        _start += PrefixSize + length;
        return NetHeader.Size + length;
    }

    /// <inheritdoc cref="INetBackend.Send"/>
    public int Send(nint vectors, int count)
    {
        Flush();
        if (Failure is not null) return Libc.ECONNRESET;
        if (IsSending) return INetBackend.WouldBlock;
        Scatter.Skip(ref vectors, ref count, NetHeader.Size);
        ulong length = Scatter.LengthOf(vectors, count), total = PrefixSize + length;
        BinaryPrimitives.WriteUInt32BigEndian(_prefix, (uint)length);
        _vectors[0] = new() { Base = AddressOf(_prefix, 0), Length = PrefixSize };
        Scatter.CopyVectors(vectors, count, Marshal.UnsafeAddrOfPinnedArrayElement(_vectors, 1));
        (vectors, count) = (Marshal.UnsafeAddrOfPinnedArrayElement(_vectors, 0), count + 1);
        nint sent = Libc.writev(socket, vectors, count);
        if (sent < 0) return Errno.Last is Libc.EAGAIN or Libc.EINTR ? INetBackend.WouldBlock : Lost(Errno.Last);
        if ((ulong)sent == total) return 0;
        // The peer has the beginning, so the rest has to follow before anything else: the guest gets its buffer back.
        Scatter.Skip(ref vectors, ref count, (ulong)sent);
        (_unsentAt, _unsentEnd) = (0, Scatter.Read(vectors, count, _unsent));
        return 0;
    }

    /// <summary>Sends what is left of a frame, as far as it goes.</summary>
    public void Flush()
    {
        while (IsSending && Failure is null)
        {
            _single[0] = new() { Base = AddressOf(_unsent, _unsentAt), Length = (nuint)(_unsentEnd - _unsentAt) };
            nint sent = Libc.writev(socket, Marshal.UnsafeAddrOfPinnedArrayElement(_single, 0), 1);
            if (sent > 0) _unsentAt += (int)sent;
            else if (Errno.Last == Libc.EAGAIN) return;
            else if (Errno.Last != Libc.EINTR) Lost(Errno.Last);
        }
    }

    static readonly byte[] s_header = new byte[NetHeader.Size];

    // One read, for the room that there is behind what is left.
    int Fill()
    {
        if (Failure is not null) return Libc.ECONNRESET;
        if (_start > 0)
        {
            _received.AsSpan(_start, _end - _start).CopyTo(_received); // less than a frame
            (_start, _end) = (0, _end - _start);
        }
        _single[0] = new() { Base = AddressOf(_received, _end), Length = (nuint)(BufferSize - _end) };
        nint read = Libc.readv(socket, Marshal.UnsafeAddrOfPinnedArrayElement(_single, 0), 1);
        if (read > 0) _end += (int)read;
        return read > 0 ? 0 : read == 0 ? Lost(Libc.ECONNRESET) : Errno.Last is Libc.EAGAIN or Libc.EINTR ? 0 : Lost(Errno.Last);
    }

    int Lost(int error) => Fail($"{peer} has ended", error);

    int Fail(string failure, int error)
    {
        Failure ??= failure;
        _unsentAt = _unsentEnd;
        return error;
    }

    static nint AddressOf(byte[] pinned, int index) => Marshal.UnsafeAddrOfPinnedArrayElement(pinned, index);
}
