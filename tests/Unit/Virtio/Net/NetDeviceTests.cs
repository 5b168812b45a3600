using PSToyVmm.Engine.Native;
using PSToyVmm.Engine.Virtio;
using PSToyVmm.Engine.Virtio.Net;
using Xunit;
using static PSToyVmm.Tests.Unit.Virtio.GuestBuffer;

namespace PSToyVmm.Tests.Unit.Virtio.Net;

public class NetDeviceTests
{
    const ulong WithoutMerging = ~NetFeature.MergeBuffers;

    const ulong TcpOffloads = NetFeature.HostChecksum | NetFeature.GuestChecksum | NetFeature.HostTcp4 | NetFeature.GuestTcp4;

    [Fact]
    public void A_driver_reads_address_link_and_mtu()
    {
        using NetRig rig = new(new FakeWire { Mtu = 9000, Offloads = TcpOffloads });
        Assert.Equal([.. NetRig.Mac, 1, 0, 1, 0, 0x28, 0x23], rig.Driver.ReadConfig(0, 12));
        Assert.Equal(1u, rig.Driver.Read(8));
        Assert.True(rig.Driver.Has(NetFeature.Mac | NetFeature.Status | NetFeature.Mtu | NetFeature.MergeBuffers | TcpOffloads));
        Assert.False(rig.Driver.Has(NetFeature.HostTcp6));
    }

    [Theory]
    [InlineData(ulong.MaxValue, TcpOffloads)]
    [InlineData(~NetFeature.GuestTcp4, TcpOffloads & ~NetFeature.GuestTcp4)]
    [InlineData(~NetFeature.GuestChecksum, 0ul)] // segments without checksums: there are none
    public void The_host_is_told_what_was_agreed_on(ulong accepted, ulong expected)
    {
        FakeWire wire = new() { Offloads = TcpOffloads };
        using NetRig rig = new(wire, accepted);
        Assert.Equal(expected, wire.Used & TcpOffloads);
    }

    [Fact]
    public void A_frame_of_the_guests_goes_out_as_it_is()
    {
        FakeWire wire = new();
        using NetRig rig = new(wire);
        byte[] frame = NetRig.Frame(1514);
        rig.Send(frame);
        Assert.Equal(frame, Assert.Single(wire.Sent));
        Assert.True(rig.Sending.TryTake(out _, out uint written));
        Assert.Equal(0u, written);
        Assert.Equal((1, 1514), (rig.Counter("TxPackets"), rig.Counter("TxBytes")));
    }

    [Fact]
    public void A_frame_comes_into_a_buffer_whose_header_says_that_it_is_one()
    {
        FakeWire wire = new();
        using NetRig rig = new(wire);
        rig.Offer(2048);
        byte[] frame = NetRig.Frame(60);
        wire.Incoming.Enqueue(frame);
        rig.Arrive();
        byte[] taken = rig.Take()!;
        Assert.Equal(1, taken[NetHeader.BuffersAt]);
        Assert.Equal(frame[NetRig.Header..], taken[NetRig.Header..]);
        Assert.Equal((1, 60), (rig.Counter("RxPackets"), rig.Counter("RxBytes")));
        Assert.Equal(1, rig.Driver.Interrupts);
    }

    [Fact]
    public void A_large_frame_is_merged_from_as_many_buffers_as_it_needs_and_the_rest_serve_the_next()
    {
        FakeWire wire = new() { Offloads = TcpOffloads };
        using NetRig rig = new(wire);
        rig.Offer(100, 256);
        foreach (int length in (int[])[1000, 20, 5000])
        {
            byte[] frame = NetRig.Frame(length, (byte)length);
            wire.Incoming.Enqueue(frame);
            rig.Arrive();
            byte[] taken = rig.Take()!;
            Assert.Equal((length + NetRig.Header + 99) / 100, taken[NetHeader.BuffersAt]);
            Assert.Equal(frame[NetRig.Header..], taken[NetRig.Header..]);
        }
        Assert.Null(rig.Take());
    }

    [Fact]
    public void Frames_of_every_size_pass_through_buffers_of_every_shape()
    {
        FakeWire wire = new() { Offloads = TcpOffloads };
        using NetRig rig = new(wire);
        Random random = new(7);
        ulong memory = rig.Driver.Allocate(8 << 20);
        List<(ushort Head, (ulong At, uint Length)[] Parts)> offered = [];
        for (int round = 0, sent = 0; sent < 3000; round++)
        {
            while (rig.Receiving.Free > 8)
            {
                (ulong, uint)[] parts = [.. Enumerable.Range(0, random.Next(1, 4)).Select(i => (memory, (uint)(i == 0 ? random.Next(5, 300) : random.Next(12, 3000))))];
                for (int i = 0; i < parts.Length; i++) parts[i].Item1 = memory + ((ulong)random.Next(0, 2000) * 4000);
                offered.Add((rig.Receiving.Add([.. parts.Select(part => ToWrite(part.Item1, part.Item2 + 12))]), parts));
            }
            rig.Receiving.Kick();
            rig.Driver.Run();
            byte[] frame = NetRig.Frame(random.Next(14, 9000), (byte)round);
            wire.Incoming.Enqueue(frame);
            rig.Arrive();
            long before = sent;
            int left = frame.Length, buffers = 0;
            while (rig.Receiving.TryTake(out ushort head, out uint written))
            {
                Assert.Equal(offered[0].Head, head);
                offered.RemoveAt(0);
                left -= (int)written;
                buffers++;
            }
            Assert.Equal(0, left);
            Assert.InRange(buffers, 1, 256);
            sent++;
        }
        Assert.Equal(3000, rig.Counter("RxPackets"));
        Assert.Equal(VirtioStatus.DriverOk, rig.Driver.Status & (VirtioStatus.DriverOk | VirtioStatus.NeedsReset));
    }

    [Fact]
    public void A_header_may_be_cut_into_pieces()
    {
        FakeWire wire = new();
        using NetRig rig = new(wire);
        ulong at = rig.Driver.Allocate(100);
        rig.Receiving.Add(ToWrite(at, 11), ToWrite(at + 50, 40));
        rig.Receiving.Kick();
        rig.Driver.Run();
        rig.Driver.Memory.Slice(new(at + 50), 1)[0] = 0xee;
        wire.Incoming.Enqueue(NetRig.Frame(20));
        rig.Arrive();
        Assert.Equal(1, rig.Driver.Memory.Slice(new(at + 10), 1)[0]);
        Assert.Equal(0, rig.Driver.Memory.Slice(new(at + 50), 1)[0]);
    }

    [Fact]
    public void Without_buffers_frames_stay_with_the_host()
    {
        FakeWire wire = new() { HostDropped = 3 };
        using NetRig rig = new(wire);
        wire.Incoming.Enqueue(NetRig.Frame(60));
        Assert.Equal(SourceEvents.None, rig.Driver.Control.Awaits(0));
        rig.Driver.Control.RunSource(0);
        Assert.Single(wire.Incoming);
        Assert.Equal(3, rig.Counter("RxDropped")); // the host's own count of what its queue lost
        rig.Offer(2048);
        Assert.Empty(wire.Incoming);
        Assert.NotNull(rig.Take());
    }

    [Fact]
    public void A_frame_larger_than_what_is_offered_waits_for_more_buffers()
    {
        FakeWire wire = new() { Offloads = TcpOffloads };
        using NetRig rig = new(wire);
        rig.Offer(1000, 3);
        byte[] frame = NetRig.Frame(40_000);
        wire.Incoming.Enqueue(frame);
        rig.Arrive();
        Assert.Null(rig.Take());
        Assert.Equal(SourceEvents.None, rig.Driver.Control.Awaits(0)); // one after the other
        rig.Offer(1000, 20);
        Assert.Null(rig.Take());
        rig.Offer(1000, 20);
        byte[] taken = rig.Take()!;
        Assert.Equal(41, taken[NetHeader.BuffersAt]);
        Assert.Equal(frame[NetRig.Header..], taken[NetRig.Header..]);
        Assert.Equal(0, rig.Counter("RxDropped"));
    }

    [Fact]
    public void A_frame_that_a_whole_queue_has_no_room_for_is_lost_and_the_next_one_comes()
    {
        FakeWire wire = new() { Offloads = TcpOffloads };
        using NetRig rig = new(wire, queueSize: 4);
        rig.Offer(1000, 4);
        wire.Incoming.Enqueue(NetRig.Frame(5000));
        wire.Incoming.Enqueue(NetRig.Frame(500));
        rig.Arrive();
        rig.Arrive();
        Assert.Equal(512, rig.Take()!.Length);
        Assert.Equal((1, 1), (rig.Counter("RxDropped"), rig.Counter("RxPackets")));
    }

    [Fact]
    public void A_driver_that_merges_nothing_loses_what_its_buffer_cannot_hold()
    {
        FakeWire wire = new();
        using NetRig rig = new(wire, WithoutMerging);
        rig.Offer(200, 4);
        wire.Incoming.Enqueue(NetRig.Frame(500));
        byte[] frame = NetRig.Frame(100);
        wire.Incoming.Enqueue(frame);
        rig.Arrive();
        byte[] taken = rig.Take()!;
        Assert.Equal(frame[NetRig.Header..], taken[NetRig.Header..]);
        Assert.Equal(1, taken[NetHeader.BuffersAt]);
        Assert.Null(rig.Take());
        Assert.Equal(1, rig.Counter("RxDropped"));
    }

    [Fact]
    public void A_frame_larger_than_the_mtu_said_is_lost_and_never_cut()
    {
        FakeWire wire = new() { Mtu = 1500 };
        using NetRig rig = new(wire);
        rig.Offer(1531, 4);
        wire.Incoming.Enqueue(NetRig.Frame(1520));
        wire.Incoming.Enqueue(NetRig.Frame(1518));
        rig.Arrive();
        Assert.Equal(NetRig.Header + 1518, rig.Take()!.Length);
        Assert.Null(rig.Take());
        Assert.Equal((1, 1), (rig.Counter("RxDropped"), rig.Counter("RxPackets")));
    }

    [Fact]
    public void A_link_that_is_down_loses_frames_both_ways_and_tells_the_driver()
    {
        FakeWire wire = new();
        using NetRig rig = new(wire);
        rig.Offer(2048, 4);
        uint generation = rig.Driver.Read(0xfc);
        rig.Device.IsLinkUp = false;
        Assert.Equal(2u, rig.Driver.AcknowledgeInterrupt());
        Assert.NotEqual(generation, rig.Driver.Read(0xfc));
        Assert.Equal([0, 0], rig.Driver.ReadConfig(6, 2));
        Assert.False(wire.Carrier);
        wire.Incoming.Enqueue(NetRig.Frame(60));
        rig.Arrive();
        rig.Send(NetRig.Frame(60));
        Assert.Empty(wire.Incoming);
        Assert.Empty(wire.Sent);
        Assert.Null(rig.Take());
        Assert.Equal((1, 1), (rig.Counter("RxDropped"), rig.Counter("TxDropped")));
        Assert.True(rig.Sending.TryTake(out _, out _));

        rig.Device.IsLinkUp = true;
        Assert.Equal([1, 0], rig.Driver.ReadConfig(6, 2));
        Assert.True(wire.Carrier);
        wire.Incoming.Enqueue(NetRig.Frame(60));
        rig.Driver.Run();
        rig.Arrive();
        rig.Send(NetRig.Frame(60));
        Assert.NotNull(rig.Take());
        Assert.Single(wire.Sent);
    }

    [Fact]
    public void A_link_can_be_down_from_the_beginning()
    {
        FakeWire wire = new();
        using NetRig rig = new(wire, linkUp: false);
        Assert.False(wire.Carrier);
        Assert.Equal([0, 0], rig.Driver.ReadConfig(6, 2));
    }

    [Fact]
    public void A_frame_that_the_host_has_no_room_for_is_sent_again_later_and_none_overtakes_it()
    {
        FakeWire wire = new() { Answer = INetBackend.WouldBlock };
        using NetRig rig = new(wire);
        rig.Send(NetRig.Frame(60, 1));
        rig.Send(NetRig.Frame(60, 2));
        Assert.False(rig.Sending.TryTake(out _, out _));
        Assert.True(rig.Driver.Control.Awaits(0).HasFlag(SourceEvents.Writable));
        wire.Answer = 0;
        rig.Driver.Control.RunSource(0);
        Assert.Equal([NetRig.Frame(60, 1), NetRig.Frame(60, 2)], wire.Sent);
        Assert.False(rig.Driver.Control.Awaits(0).HasFlag(SourceEvents.Writable));
        Assert.Equal(0, rig.Counter("TxErrors"));
    }

    [Fact]
    public void The_rest_of_a_frame_is_waited_for()
    {
        FakeWire wire = new() { IsSending = true };
        using NetRig rig = new(wire);
        Assert.True(rig.Driver.Control.Awaits(0).HasFlag(SourceEvents.Writable));
        rig.Driver.Control.RunSource(0);
        Assert.Equal(1, wire.Flushes);
    }

    public static TheoryData<string, byte[]> Impossible()
    {
        static byte[] With(int at, byte value)
        {
            byte[] frame = NetRig.Frame(60);
            frame[at] = value;
            return frame;
        }
        return new()
        {
            { "shorter than a header", new byte[11] },
            { "shorter than an Ethernet header", new byte[NetRig.Header + 13] },
            { "larger than any frame", new byte[NetRig.Header + NetDevice.LargestFrame + 1] },
            { "a checksum that was not agreed on", With(0, NetHeader.NeedsChecksum) },
            { "segments that were not agreed on", With(1, NetHeader.TcpV4) },
            { "UDP segments", With(1, NetHeader.UdpSegments) },
            { "fragments, which are not offered", With(1, NetHeader.Udp) },
            { "segments of no kind", With(1, 9) },
            { "a mark that was not agreed on", With(1, NetHeader.Congestion) },
        };
    }

    [Fact]
    public void A_header_that_is_cut_into_pieces_is_looked_at_all_the_same()
    {
        FakeWire wire = new();
        using NetRig rig = new(wire);
        ulong at = rig.Driver.Allocate(100);
        rig.Driver.Memory.Slice(new(at + 1), 1)[0] = NetHeader.TcpV4;
        rig.Sending.Add(ToRead(at, 1), ToRead(at + 1, 71));
        rig.Sending.Kick();
        rig.Driver.Run();
        Assert.Equal((1, 0), (rig.Counter("TxErrors"), wire.Sent.Count));
    }

    [Theory, MemberData(nameof(Impossible))]
    public void A_frame_that_cannot_be_is_lost_and_counted(string what, byte[] frame)
    {
        FakeWire wire = new();
        using NetRig rig = new(wire);
        rig.Send(frame);
        Assert.Empty(wire.Sent);
        Assert.True(rig.Sending.TryTake(out _, out _), what);
        Assert.Equal(1, rig.Counter("TxErrors"));
        rig.Send(NetRig.Frame(60));
        Assert.Single(wire.Sent);
    }

    [Fact]
    public void What_was_agreed_on_passes()
    {
        FakeWire wire = new() { Offloads = TcpOffloads };
        using NetRig rig = new(wire);
        byte[] frame = NetRig.Frame(NetDevice.LargestFrame);
        (frame[0], frame[1]) = (NetHeader.NeedsChecksum, NetHeader.TcpV4);
        rig.Send(frame);
        Assert.Equal(frame, Assert.Single(wire.Sent));
    }

    [Fact]
    public void What_the_host_refuses_is_an_error_and_no_more()
    {
        FakeWire wire = new() { Answer = Libc.EINVAL };
        using NetRig rig = new(wire);
        rig.Send(NetRig.Frame(60));
        Assert.Equal((1, Libc.EINVAL), (rig.Counter("TxErrors"), rig.Counter("LastErrno")));
        wire.Answer = 0;
        rig.Send(NetRig.Frame(60));
        Assert.Single(wire.Sent);
        Assert.Empty(rig.Notes);
    }

    [Fact]
    public void When_the_host_s_end_is_gone_the_cable_is()
    {
        FakeWire wire = new();
        using NetRig rig = new(wire);
        rig.Offer(2048);
        wire.Failure = "the test has ended it";
        rig.Arrive();
        Assert.Contains("net0: the test has ended it", Assert.Single(rig.Notes));
        Assert.Equal([0, 0], rig.Driver.ReadConfig(6, 2));
        Assert.Equal(SourceEvents.None, rig.Driver.Control.Awaits(0));
        rig.Send(NetRig.Frame(60));
        Assert.Equal((1, 1), (rig.Counter("RxErrors"), rig.Counter("TxDropped")));
    }

    [Fact]
    public void A_buffer_without_room_for_a_header_breaks_the_device()
    {
        using NetRig rig = new(new FakeWire());
        rig.Offer(NetRig.Header - 1);
        Assert.True(rig.Driver.Status.HasFlag(VirtioStatus.NeedsReset));
        rig.Driver.Start();
        Assert.False(rig.Driver.Status.HasFlag(VirtioStatus.NeedsReset));
    }

    [Fact]
    public void After_a_reset_nothing_comes_into_buffers_of_before()
    {
        FakeWire wire = new() { Offloads = TcpOffloads };
        using NetRig rig = new(wire);
        rig.Offer(1000, 8);
        wire.Incoming.Enqueue(NetRig.Frame(30_000)); // and one that waits for more of them
        rig.Arrive();
        rig.Driver.Start();
        rig.Driver.Memory.Slice(new(0), 1 << 20).Clear();
        rig.Driver.Start();
        rig.Buffers.Clear();
        rig.Offer(2048);
        wire.Incoming.Enqueue(NetRig.Frame(60));
        rig.Arrive();
        Assert.Equal(NetRig.Frame(60)[NetRig.Header..], rig.Take()![NetRig.Header..]);
        Assert.Equal((1, 1), (rig.Counter("RxDropped"), rig.Counter("RxPackets")));
    }

    [Fact]
    public void A_saved_device_has_no_buffer_taken()
    {
        FakeWire wire = new();
        using NetRig rig = new(wire);
        rig.Offer(2048, 5);
        Assert.Equal(0, rig.Driver.Transport.Save().Control.Queues[0].NextAvailable);
        rig.Driver.Run(); // and goes on
        wire.Incoming.Enqueue(NetRig.Frame(60));
        rig.Arrive();
        Assert.NotNull(rig.Take());
        Assert.Equal(1, rig.Driver.Transport.Save().Control.Queues[0].NextAvailable);
    }

    [Fact]
    public void A_frame_costs_no_allocation()
    {
        FakeWire wire = new() { Offloads = TcpOffloads };
        using NetRig rig = new(wire);
        byte[][] frames = [.. Enumerable.Range(0, 64).Select(i => NetRig.Frame(100 + (i * 100)))];
        foreach (byte[] frame in frames) wire.Incoming.Enqueue(frame);
        ulong memory = rig.Driver.Allocate(256 * 2048), outgoing = rig.Driver.Allocate(2048);
        wire.Answer = Libc.EINVAL; // the fake's list would be what allocates
        long allocated = 0;
        for (int round = 0; round < 200; round++)
        {
            if (round == 20) allocated = GC.GetAllocatedBytesForCurrentThread();
            while (rig.Receiving.Free > 0) rig.Receiving.Add(ToWrite(memory + ((uint)rig.Receiving.Free * 2048u) - 2048, 2048));
            rig.Receiving.Kick();
            rig.Sending.Add(ToRead(outgoing, 1000));
            rig.Sending.Kick();
            rig.Driver.Run();
            rig.Driver.Control.RunSource(0);
            while (rig.Receiving.TryTake(out _, out _)) { }
            while (rig.Sending.TryTake(out _, out _)) { }
            foreach (byte[] frame in frames)
                if (wire.Incoming.Count < 64)
                    wire.Incoming.Enqueue(frame);
        }
        Assert.Equal(allocated, GC.GetAllocatedBytesForCurrentThread());
        Assert.True(rig.Counter("RxPackets") > 2000);
    }
}
