using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using PSToyVmm.Engine.Backends;
using PSToyVmm.Engine.Native;
using PSToyVmm.Engine.Virtio;
using PSToyVmm.Engine.Virtio.Net;
using PSToyVmm.Tests.Unit.Virtio.Net;
using Xunit;

namespace PSToyVmm.Tests.Unit.Backends;

/// <summary>Frames in a stream that comes and goes in pieces.</summary>
public sealed class FrameStreamTests : IDisposable
{
    readonly SafeFileHandle _own, _other;
    readonly FrameStream _stream;
    readonly byte[] _buffer = GC.AllocateArray<byte>(NetHeader.Size + NetDevice.LargestFrame, pinned: true);

    public FrameStreamTests()
    {
        (_own, _other) = SocketPair.Create();
        _stream = new(_own, "the test");
    }

    [Fact]
    public void Frames_come_however_they_are_cut()
    {
        byte[] stream = [.. new[] { 60, 1514, 14, 65550, 100 }.SelectMany(length => OnWire(NetRig.Frame(length)))];
        Random random = new(3);
        List<int> lengths = [];
        for (int at = 0; at < stream.Length;)
        {
            int piece = Math.Min(random.Next(1, 9000), stream.Length - at);
            Write(stream.AsSpan(at, piece));
            at += piece;
            for (int length; (length = Receive()) > 0;)
            {
                Assert.Equal(NetRig.Frame(length - NetHeader.Size), _buffer[..length]);
                lengths.Add(length - NetHeader.Size);
            }
        }
        Assert.Equal([60, 1514, 14, 65550, 100], lengths);
        Assert.False(_stream.HasFrames);
    }

    [Theory, InlineData(0u), InlineData(13u), InlineData(65551u), InlineData(uint.MaxValue)]
    public void A_length_that_cannot_be_ends_it(uint length)
    {
        byte[] prefix = new byte[40];
        BinaryPrimitives.WriteUInt32BigEndian(prefix, length);
        Write(prefix);
        Assert.Equal(-Libc.EIO, Receive());
        Assert.Contains($"frame of {length} bytes", _stream.Failure);
        Assert.False(_stream.HasFrames);
        Assert.True(Receive() < 0);
    }

    [Fact]
    public void A_peer_that_does_not_read_is_waited_for_in_the_middle_of_a_frame()
    {
        byte[] frame = NetRig.Frame(60_000);
        int accepted = 0;
        while (Send(frame) == 0) accepted++;
        Assert.True(_stream.IsSending);
        Assert.Equal(INetBackend.WouldBlock, Send(NetRig.Frame(60)));
        byte[] expected = [.. Enumerable.Repeat(OnWire(frame), accepted).SelectMany(bytes => bytes)], read = new byte[expected.Length];
        for (int done = 0; done < read.Length;)
        {
            done += RandomRead(read.AsSpan(done, Math.Min(7000, read.Length - done)));
            _stream.Flush();
        }
        Assert.Equal(expected, read);
        Assert.False(_stream.IsSending);
        Assert.Equal(0, Send(NetRig.Frame(60)));
    }

    [Fact]
    public void A_peer_that_has_ended_is_noticed_by_whoever_comes_first()
    {
        _other.Dispose();
        Assert.True(Receive() < 0);
        Assert.Contains("the test has ended", _stream.Failure);
        Assert.NotEqual(0, Send(NetRig.Frame(60)));
        Assert.False(_stream.IsSending);
    }

    public void Dispose()
    {
        _own.Dispose();
        _other.Dispose();
    }

    static byte[] OnWire(byte[] frame)
    {
        byte[] bytes = [0, 0, 0, 0, .. frame[NetHeader.Size..]];
        BinaryPrimitives.WriteInt32BigEndian(bytes, frame.Length - NetHeader.Size);
        return bytes;
    }

    // In two pieces, of which the first is not even a header's.
    int Receive() => Over(_buffer, _buffer.Length, _stream.Receive);

    int Send(byte[] frame)
    {
        frame.CopyTo(_buffer, 0);
        return Over(_buffer, frame.Length, _stream.Send);
    }

    static int Over(byte[] buffer, int length, Func<nint, int, int> call)
    {
        IoVector[] vectors = GC.AllocateArray<IoVector>(2, pinned: true);
        vectors[0] = new() { Base = Marshal.UnsafeAddrOfPinnedArrayElement(buffer, 0), Length = 5 };
        vectors[1] = new() { Base = Marshal.UnsafeAddrOfPinnedArrayElement(buffer, 5), Length = (nuint)(length - 5) };
        return call(Marshal.UnsafeAddrOfPinnedArrayElement(vectors, 0), 2);
    }

    unsafe void Write(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes) Assert.Equal(bytes.Length, Libc.write(_other, start, (nuint)bytes.Length));
    }

    unsafe int RandomRead(Span<byte> into)
    {
        fixed (byte* start = into) return (int)Libc.read(_other, start, (nuint)into.Length);
    }
}
