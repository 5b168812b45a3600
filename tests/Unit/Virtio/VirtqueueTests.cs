using PSToyVmm.Engine.Virtio;
using PSToyVmm.Tests.Unit.Bus;
using Xunit;
using static PSToyVmm.Tests.Unit.Virtio.GuestBuffer;

namespace PSToyVmm.Tests.Unit.Virtio;

/// <summary>Split rings (virtio 1.2, 2.7), by a driver that keeps the rules and by one that does not.</summary>
public sealed class VirtqueueTests : IDisposable
{
    const ulong NoEventIndex = ~VirtioFeature.EventIndex, NoIndirect = ~VirtioFeature.IndirectDescriptors;

    readonly EchoDevice _device = new(8);
    readonly GuestDriver _driver;
    readonly List<string> _complaints = [];

    public VirtqueueTests()
    {
        _driver = new(_device);
        _driver.Control.Broken = _complaints.Add;
    }

    public void Dispose() => _driver.Dispose();

    GuestQueue Queue => _driver.Queues[0];

    ulong Text(string text)
    {
        ulong at = _driver.Allocate((uint)text.Length, 1);
        System.Text.Encoding.ASCII.GetBytes(text, _driver.Memory.Slice(new(at), text.Length));
        return at;
    }

    string TextAt(ulong at, int length) => System.Text.Encoding.ASCII.GetString(_driver.Memory.Slice(new(at), length));

    [Fact]
    public void A_buffer_of_many_parts_comes_back_with_what_was_written()
    {
        _driver.Start();
        ulong into = _driver.Allocate(16);
        ushort head = Queue.Add(ToRead(Text("he"), 2), ToRead(Text("llo"), 3), ToWrite(into, 1), ToWrite(into + 8, 8));
        Assert.True(Queue.Kick());
        _driver.Run();
        Assert.True(Queue.TryTake(out ushort taken, out uint written));
        Assert.Equal((head, 5u), (taken, written));
        Assert.Equal("h", TextAt(into, 1));
        Assert.Equal("ello\0\0\0\0", TextAt(into + 8, 8));
        Assert.Equal(1u, _driver.AcknowledgeInterrupt());
        Assert.Equal(0u, _driver.Read(0x60));
        Assert.False(Queue.TryTake(out _, out _));
    }

    [Theory, InlineData(ulong.MaxValue), InlineData(NoEventIndex), InlineData(NoIndirect)]
    public void Indices_pass_their_end_and_go_on(ulong features)
    {
        _driver.Start(features, queueSize: 4);
        ulong from = Text("abcd"), into = _driver.Allocate(4);
        for (int i = 0; i < 70_000; i++)
        {
            _driver.Memory.Slice(new(into), 4).Clear();
            ushort first = Queue.Add(ToRead(from, 4), ToWrite(into, 2)), second = Queue.Add(ToRead(from + 2, 1), ToWrite(into + 2, 1));
            Assert.True(Queue.Kick());
            _driver.Run();
            Assert.True(Queue.TryTake(out ushort a, out uint written) && Queue.TryTake(out ushort b, out _) && (a, b) == (first, second) && written == 2);
            Assert.Equal("abc\0", TextAt(into, 4));
        }
        Assert.Equal(70_000, _driver.Interrupts);
        Assert.Equal(140_000, _device[0].Popped);
    }

    [Fact]
    public void A_table_of_descriptors_may_stand_for_the_end_of_a_chain()
    {
        _driver.Start();
        ulong into = _driver.Allocate(8), table = _driver.Allocate(64);
        Queue.AddIndirect(table, ToRead(Text("a"), 1), ToRead(Text("bc"), 2), ToWrite(into, 8));
        Queue.Kick();
        _driver.Run();
        Assert.True(Queue.TryTake(out _, out uint written));
        Assert.Equal((3u, "abc"), (written, TextAt(into, 3)));

        ushort head = Queue.Add(ToRead(Text("x"), 1), ToRead(0, 0));
        ref Descriptor last = ref Queue.DescriptorAt(Queue.DescriptorAt(head).Next);
        // Its write flag says nothing (2.7.5.3.2).
        last = new() { Address = table, Length = 48, Flags = Descriptor.IsIndirect | Descriptor.IsWritable };
        Queue.Kick();
        _driver.Run();
        Assert.True(Queue.TryTake(out _, out written));
        Assert.Equal((4u, "xabc"), (written, TextAt(into, 4)));
    }

    [Fact]
    public void A_driver_that_asks_for_no_interrupt_gets_none()
    {
        _driver.Start(NoEventIndex);
        Queue.AvailableFlags = 1;
        Offer(3);
        Assert.Equal((0, 3), (_driver.Interrupts, TakeAll()));
        Queue.AvailableFlags = 0;
        Offer(3);
        Assert.Equal((1, 3), (_driver.Interrupts, TakeAll()));
    }

    [Theory, InlineData(0, 1), InlineData(2, 1), InlineData(3, 0), InlineData(7, 0), InlineData(-1, 0)]
    public void A_driver_is_interrupted_when_the_index_passes_what_it_waits_for(int awaited, int interrupts)
    {
        _driver.Start();
        Queue.UsedEvent = (ushort)awaited;
        Offer(3);
        Assert.Equal((interrupts, 3), (_driver.Interrupts, TakeAll()));
    }

    [Fact]
    public void A_device_that_is_busy_is_not_told_of_more()
    {
        _driver.Start();
        Queue.Add(ToRead(0, 1));
        Assert.True(Queue.Kick());
        Queue.Add(ToRead(0, 1));
        Assert.False(Queue.Kick());
        _driver.Run();
        Assert.Equal(2, TakeAll());
        Queue.Add(ToRead(0, 1));
        Assert.True(Queue.Kick());
    }

    [Fact]
    public void A_turn_ends_after_as_many_buffers_as_the_queue_has_and_another_follows()
    {
        _driver.Start();
        DescriptorChain chain = new();
        Virtqueue queue = _device[0];
        queue.BeginTurn();
        // A driver that offers again at once what it gets back.
        int served = 0;
        for (Queue.Add(ToRead(0, 1)); queue.TryPop(chain) && served < 100; served++)
        {
            queue.Push(chain.Head, 0);
            queue.Flush();
            Assert.Equal(1, TakeAll());
            Queue.Add(ToRead(0, 1));
        }
        Assert.Equal((8, true), (served, queue.WantsTurn));
        _driver.Write(MmioTransport.QueueNotify, 0);
        _driver.Run();
        Assert.Equal((1, false), (TakeAll(), queue.WantsTurn));
    }

    [Fact]
    public void A_buffer_offered_while_the_device_falls_asleep_is_not_overlooked()
    {
        const int Rounds = 200_000;
        _driver.Start();
        int kicks = 0;
        _driver.Control.Notified = _ => Interlocked.Increment(ref kicks);
        Virtqueue queue = _device[0];
        // Neither side waits for the system, so that they meet within nanoseconds: the driver offers the next buffer as soon as it
        // sees the last one used, which is when the device looks whether there is another.
        // Not of the pool: other tests may have all of that.
        Thread device = new(() =>
        {
            DescriptorChain chain = new();
            for (int seen = 0; queue.Popped < Rounds;)
            {
                queue.BeginTurn();
                while (queue.TryPop(chain))
                {
                    queue.Push(chain.Head, 0);
                    queue.Flush();
                }
                while (!queue.WantsTurn && queue.Popped < Rounds && Volatile.Read(ref kicks) == seen) Thread.SpinWait(1);
                seen = Volatile.Read(ref kicks);
            }
        })
        { IsBackground = true };
        device.Start();
        for (int i = 0; i < Rounds; i++)
        {
            Queue.Add(ToRead(0, 1));
            Queue.Kick();
            for (long began = Environment.TickCount64; !Queue.TryTake(out _, out _);)
                if (Environment.TickCount64 - began > 20_000)
                    Assert.Fail($"overlooked: round {i}, {kicks} kicks, {queue.Popped} popped, available {Queue.AvailableIndex}, awaited {Queue.AvailableEvent}, used {Queue.UsedIndex}");
            for (int delay = i % 64; delay > 0; delay--) Volatile.Read(ref kicks);
        }
        Assert.True(device.Join(TimeSpan.FromSeconds(30)));
        Assert.InRange(kicks, 1, Rounds);
    }

    [Fact]
    public void What_was_not_needed_is_put_back()
    {
        _driver.Start();
        Queue.Add(ToRead(Text("1"), 1));
        Queue.Add(ToRead(Text("2"), 1));
        DescriptorChain chain = new();
        Virtqueue queue = _device[0];
        queue.BeginTurn();
        Assert.True(queue.TryPop(chain) && queue.TryPop(chain) && !queue.TryPop(chain));
        queue.Unpop(1);
        Assert.Equal(1, queue.InFlight);
        Assert.True(queue.TryPop(chain));
        Assert.Equal("2", TextAt(chain.Readable[0].Address.Value, 1));
        queue.Unpop(9);
        Assert.Equal(0, queue.InFlight);
    }

    [Fact]
    public void Used_buffers_are_seen_all_at_once()
    {
        _driver.Start();
        Queue.Add(ToRead(0, 1));
        Queue.Add(ToRead(0, 1));
        DescriptorChain chain = new();
        Virtqueue queue = _device[0];
        queue.BeginTurn();
        while (queue.TryPop(chain)) queue.Push(chain.Head, 0);
        Assert.Equal((0, 0), (Queue.UsedIndex, _driver.Interrupts));
        queue.Flush();
        Assert.Equal((2, 1), (Queue.UsedIndex, _driver.Interrupts));
        queue.Flush();
        Assert.Equal(1, _driver.Interrupts);
        queue.Push(0, 0); // there is none in flight
        queue.Flush();
        Assert.Equal(2, Queue.UsedIndex);
    }

    [Fact]
    public void A_hundred_thousand_buffers_allocate_nothing()
    {
        _driver.Start();
        ulong into = _driver.Allocate(4096), table = _driver.Allocate(16 * 8);
        Assert.Equal(0, Allocation.Of(() =>
        {
            for (int i = 0; i < 50_000; i++)
            {
                Queue.Add(ToRead(into, 64), ToRead(into + 64, 64), ToWrite(into + 128, 64));
                Queue.AddIndirect(table, ToRead(into, 1), ToRead(into, 2), ToRead(into, 3), ToRead(into, 4), ToWrite(into + 512, 100));
                Queue.Kick();
                _driver.Run();
                TakeAll();
            }
        }));
        Assert.Equal(0, _driver.Control.Faults);
    }

    [Theory, InlineData(8, false), InlineData(9, true)]
    public void An_indirect_table_has_as_many_parts_as_the_queue_has_descriptors(int parts, bool breaks)
    {
        _driver.Start();
        ulong into = _driver.Allocate(16), table = _driver.Allocate(16 * 16);
        Queue.AddIndirect(table, [.. Enumerable.Repeat(ToRead(into, 1), parts - 1), ToWrite(into, 8)]);
        Queue.Kick();
        _driver.Run();
        Assert.Equal(breaks, _complaints.Count > 0);
        Assert.Equal(breaks ? 0 : 1, Queue.UsedIndex);
    }

    static readonly Dictionary<string, (string Complaint, Action<GuestDriver> Do)> s_hostilities = new()
    {
        ["an index too far on"] = ("more buffers than", d => d.Queues[0].AvailableIndex = 9),
        ["an index that goes back"] = ("more buffers than", d => d.Queues[0].AvailableIndex = 0xffff),
        ["a head outside"] = ("table has not", d => d.Queues[0].Offer(8)),
        ["a head far outside"] = ("table has not", d => d.Queues[0].Offer(0xffff)),
        ["a next one outside"] = ("table has not", d => Plant(d, new Descriptor { Length = 1, Flags = Descriptor.HasNext, Next = 8 })),
        ["a loop of one"] = ("loop", d => Plant(d, new Descriptor { Length = 1, Flags = Descriptor.HasNext, Next = 0 })),
        ["a loop of two"] = ("loop", d => Plant(d, new Descriptor { Flags = Descriptor.HasNext, Next = 1 }, new Descriptor { Length = 1, Flags = Descriptor.HasNext })),
        ["an address past the end"] = ("leaves guest memory", d => Plant(d, new Descriptor { Address = d.Memory.Size, Length = 1 })),
        ["an end past the end"] = ("leaves guest memory", d => Plant(d, new Descriptor { Address = d.Memory.Size - 1, Length = 2 })),
        ["a sum that wraps"] = ("leaves guest memory", d => Plant(d, new Descriptor { Address = ulong.MaxValue, Length = uint.MaxValue, Flags = Descriptor.IsWritable })),
        ["readable after writable"] = ("readable descriptor after", d => Plant(d, new Descriptor { Length = 1, Flags = Descriptor.IsWritable | Descriptor.HasNext, Next = 1 }, new Descriptor { Length = 1 })),
        ["an empty table"] = ("no use", d => Plant(d, new Descriptor { Address = 0, Length = 0, Flags = Descriptor.IsIndirect })),
        ["a table with a rest"] = ("no use", d => Plant(d, new Descriptor { Address = 0, Length = 17, Flags = Descriptor.IsIndirect })),
        ["a table past the end"] = ("no use", d => Plant(d, new Descriptor { Address = d.Memory.Size - 8, Length = 16, Flags = Descriptor.IsIndirect })),
        ["a table in itself"] = ("where none may be", d => Plant(d, new Descriptor { Address = d.Queues[0].Table, Length = 16, Flags = Descriptor.IsIndirect })),
        ["a table and a next one"] = ("where none may be", d => Plant(d, new Descriptor { Length = 16, Flags = Descriptor.IsIndirect | Descriptor.HasNext })),
    };

    public static TheoryData<string> Hostilities() => [.. s_hostilities.Keys];

    static void Plant(GuestDriver driver, params ReadOnlySpan<Descriptor> table)
    {
        for (int i = 0; i < table.Length; i++) driver.Queues[0].DescriptorAt(i) = table[i];
        driver.Queues[0].Offer(0);
    }

    [Theory, MemberData(nameof(Hostilities))]
    public void What_cannot_be_right_breaks_the_device_until_it_is_reset(string name)
    {
        (string complaint, Action<GuestDriver> hostility) = s_hostilities[name];
        _driver.Start();
        hostility(_driver);
        _driver.Write(MmioTransport.QueueNotify, 0);
        _driver.Run();
        Assert.Contains(complaint, Assert.Single(_complaints));
        Assert.Equal((1, VirtioStatus.NeedsReset), (_driver.Control.Faults, _driver.Status & VirtioStatus.NeedsReset));
        Assert.Equal(2u, _driver.AcknowledgeInterrupt());

        Queue.AvailableIndex++;
        _driver.Write(MmioTransport.QueueNotify, 0);
        _driver.Run();
        Assert.Equal((0, 0u, 1L), (Queue.UsedIndex, _driver.Read(0x60), _driver.Control.Faults));

        _driver.Start();
        Offer(3);
        Assert.Equal(3, TakeAll());
    }

    [Fact]
    public void What_was_counted_outlives_a_reset()
    {
        _driver.Start();
        Offer(3);
        Assert.Equal(3, TakeAll());
        (long requests, long interrupts) = (_driver.Control.Requests, _driver.Control.Interrupts);
        Assert.Equal(3, requests);
        _driver.Start(); // begins with a reset
        Assert.Equal((requests, interrupts), (_driver.Control.Requests, _driver.Control.Interrupts));
        Offer(2);
        Assert.Equal(2, TakeAll());
        Assert.Equal(5, _driver.Control.Requests);
    }

    [Fact]
    public void A_driver_without_indirect_descriptors_has_none()
    {
        _driver.Start(NoIndirect);
        Queue.AddIndirect(_driver.Allocate(16), ToRead(0, 1));
        Queue.Kick();
        _driver.Run();
        Assert.Contains("where none may be", Assert.Single(_complaints));
    }

    [Fact]
    public void A_driver_that_offers_what_it_has_not_got_back_breaks_the_device()
    {
        _device.Keeps = 8;
        _driver.Start();
        for (int i = 0; i < 8; i++) Queue.Offer(0);
        _driver.Write(MmioTransport.QueueNotify, 0);
        _driver.Run();
        Assert.Equal((8, 0L), (_device[0].InFlight, _driver.Control.Faults));
        Queue.Offer(0);
        _driver.Write(MmioTransport.QueueNotify, 0);
        _driver.Run();
        Assert.Contains("more buffers than", Assert.Single(_complaints));
    }

    [Fact]
    public void A_part_of_no_bytes_may_be_anywhere()
    {
        _driver.Start();
        ulong into = _driver.Allocate(4);
        Queue.Add(ToRead(ulong.MaxValue, 0), ToRead(Text("z"), 1), ToWrite(1ul << 50, 0), ToWrite(into, 4));
        Queue.Kick();
        _driver.Run();
        Assert.True(Queue.TryTake(out _, out uint written));
        Assert.Equal((1u, "z"), (written, TextAt(into, 1)));
    }

    [Theory]
    [InlineData(0x38, 0u), InlineData(0x38, 3u), InlineData(0x38, 16u), InlineData(0x38, 0x1_0008u)] // no power of two, too large
    [InlineData(0x80, 8u), InlineData(0x90, 1u), InlineData(0xa0, 2u)] // not aligned
    [InlineData(0x84, 1u), InlineData(0x94, 0xffff_ffffu), InlineData(0xa0, 0xf_fff0u)] // not in memory
    public void A_queue_that_cannot_be_is_found_when_the_driver_starts_the_device(uint register, uint value)
    {
        _driver.Reset();
        _driver.Write(0x70, 3);
        _driver.AcceptFeatures(VirtioFeature.Version1);
        _driver.Write(0x70, 11);
        _driver.Write(0x38, 8);
        _driver.Write(0x80, 0x1000);
        _driver.Write(0x90, 0x2000);
        _driver.Write(0xa0, 0x3000);
        _driver.Write(register, value);
        _driver.Write(0x44, 1);
        _driver.Write(0x70, 15);
        Assert.Equal(VirtioStatus.NeedsReset, _driver.Status & VirtioStatus.NeedsReset);
        Assert.Equal((0, 2u, 1), (_device.Starts, _driver.Read(0x60), _driver.Interrupts));
        Assert.Contains("set up", Assert.Single(_complaints));
    }

    void Offer(int count)
    {
        for (int i = 0; i < count; i++) Queue.Add(ToRead(0, 1));
        Queue.Kick();
        _driver.Run();
    }

    int TakeAll()
    {
        int count = 0;
        while (Queue.TryTake(out _, out _)) count++;
        return count;
    }
}
