using System.Text;
using PSToyVmm.Engine.Consoles;
using PSToyVmm.Engine.Machines;
using PSToyVmm.Engine.Virtio;
using PSToyVmm.Tests.Unit.Bus;
using Xunit;
using static PSToyVmm.Tests.Unit.Virtio.GuestBuffer;

namespace PSToyVmm.Tests.Unit.Virtio;

/// <summary>A virtio console between a driver and the console of a machine.</summary>
public sealed class ConsoleDeviceTests : IDisposable
{
    const uint ConfigurationChange = 2;

    readonly MachineConsole _console = new("hvc0");
    readonly ConsoleConnector _connector;

    public ConsoleDeviceTests() => _connector = new(_console);

    public void Dispose()
    {
        _connector.Detach();
        _console.Dispose();
    }

    GuestDriver Driver(bool threaded = false, uint memory = 4 << 20) => new(_connector.Open(), memory, threaded);

    string Written()
    {
        byte[] bytes = new byte[1 << 20];
        long position = 0;
        return Encoding.Latin1.GetString(bytes, 0, _console.Log.Read(ref position, bytes));
    }

    static ulong Put(GuestDriver driver, ReadOnlySpan<byte> bytes)
    {
        ulong at = driver.Allocate((uint)bytes.Length);
        driver.Memory.Write(new(at), bytes);
        return at;
    }

    static void Expect(GuestQueue queue, uint written)
    {
        Assert.True(queue.TryTake(out _, out uint length));
        Assert.Equal(written, length);
    }

    [Fact]
    public void What_a_guest_writes_is_in_the_log_and_its_buffers_come_back()
    {
        using GuestDriver driver = Driver().Start();
        Assert.Equal(3u, driver.Read(8));
        GuestQueue transmit = driver.Queues[ConsoleDevice.TransmitQueue];
        transmit.Add(ToRead(Put(driver, "hello, "u8), 7));
        transmit.Add(ToRead(Put(driver, "wo"u8), 2), ToRead(Put(driver, "rld\n"u8), 4));
        transmit.Kick();
        driver.Run();
        Assert.Equal("hello, world\n", Written());
        Expect(transmit, 0);
        Expect(transmit, 0);
        Assert.Contains(("BytesWritten", 13L), driver.Device.ReadCounters());
    }

    [Fact]
    public void Input_waits_for_buffers_and_none_is_lost()
    {
        byte[] paste = new byte[100_000];
        new Random(1).NextBytes(paste);
        _console.Input.Enqueue(paste.AsSpan(0, 10)); // before there is a driver
        using GuestDriver driver = Driver().Start(queueSize: 8);
        GuestQueue receive = driver.Queues[ConsoleDevice.ReceiveQueue];
        List<byte> received = [];
        ulong at = driver.Allocate(4096);
        _console.Input.Enqueue(paste.AsSpan(10));
        driver.Run();
        Assert.Equal(paste.Length, _console.Input.Count);
        for (uint size = 1; received.Count < paste.Length; size = size % 4000 + 300)
        {
            // One part is there in vain, and one is too small for a page.
            receive.Add(ToWrite(at, 0), ToWrite(at, size), ToWrite(at + size, 90));
            receive.Kick();
            driver.Run();
            Assert.True(receive.TryTake(out _, out uint written));
            Assert.Equal((uint)Math.Min(size + 90, paste.Length - received.Count), written);
            received.AddRange(driver.Memory.Slice(new(at), (int)written));
        }
        Assert.Equal(paste, received);
        Assert.Equal(0, _console.Input.Count);
        Assert.Contains(("BytesRead", (long)paste.Length), driver.Device.ReadCounters());
    }

    [Fact]
    public void A_waiting_buffer_is_filled_when_input_comes_and_not_before()
    {
        using GuestDriver driver = Driver().Start();
        GuestQueue receive = driver.Queues[ConsoleDevice.ReceiveQueue];
        receive.Add(ToWrite(driver.Allocate(100), 100));
        receive.Add(ToWrite(driver.Allocate(100), 100));
        receive.Kick();
        driver.Run();
        Assert.False(receive.TryTake(out _, out _));
        _console.Input.Enqueue("ls\r"u8);
        driver.Run();
        Expect(receive, 3);
        Assert.False(receive.TryTake(out _, out _));
        _console.Input.Enqueue("x"u8);
        driver.Run();
        Expect(receive, 1);
    }

    [Fact]
    public void What_a_driver_had_not_taken_is_there_for_the_next_one()
    {
        using GuestDriver driver = Driver().Start();
        driver.Queues[ConsoleDevice.ReceiveQueue].Add(ToWrite(driver.Allocate(2), 2));
        driver.Queues[ConsoleDevice.ReceiveQueue].Kick();
        _console.Input.Enqueue("abcd"u8);
        driver.Run();
        driver.Start();
        GuestQueue receive = driver.Queues[ConsoleDevice.ReceiveQueue];
        ulong at = driver.Allocate(8);
        receive.Add(ToWrite(at, 8));
        receive.Kick();
        driver.Run();
        Expect(receive, 2);
        Assert.Equal("cd"u8, driver.Memory.Slice(new(at), 2));
    }

    [Fact]
    public void A_resize_is_in_the_configuration_with_another_generation_and_an_interrupt()
    {
        using GuestDriver driver = Driver().Start();
        Assert.True(driver.Has(ConsoleDevice.SizeFeature));
        Assert.Equal((byte[])[0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0], driver.ReadConfig(0, 14));
        Assert.Equal(0, driver.Interrupts); // nobody knows a size yet
        uint generation = driver.Read(0xfc);
        _console.Resize(132, 43);
        Assert.Equal((byte[])[132, 0, 43, 0], driver.ReadConfig(0, 4));
        Assert.Equal(43, BitConverter.ToUInt16(driver.ReadConfig(2, 2)));
        Assert.NotEqual(generation, driver.Read(0xfc));
        Assert.Equal((1, ConfigurationChange), (driver.Interrupts, driver.AcknowledgeInterrupt()));
        _console.Resize(132, 43); // an attachment anew: the guest may have thought otherwise meanwhile
        Assert.Equal((2, ConfigurationChange), (driver.Interrupts, driver.AcknowledgeInterrupt()));
        Assert.Contains(("Resizes", 2L), driver.Device.ReadCounters());
    }

    [Fact]
    public void A_size_known_before_the_driver_came_is_told_once_it_is_ready()
    {
        _console.Resize(200, 60);
        using GuestDriver driver = Driver();
        _console.Resize(300, 70);
        Assert.Equal(0, driver.Interrupts);
        driver.Start();
        Assert.Equal((1, ConfigurationChange), (driver.Interrupts, driver.AcknowledgeInterrupt()));
        Assert.Equal(300, BitConverter.ToUInt16(driver.ReadConfig(0, 2)));
    }

    [Theory, InlineData(0, 0), InlineData(80, 0), InlineData(-1, 24), InlineData(65536, 24)]
    public void A_size_that_no_terminal_has_changes_nothing(int columns, int rows)
    {
        _console.Resize(80, 25);
        using GuestDriver driver = Driver().Start();
        _console.Resize(columns, rows);
        Assert.Equal((80, 25), _console.Size);
        Assert.Equal(1, driver.Interrupts);
    }

    [Fact]
    public void Nobody_who_reads_slowly_or_not_at_all_holds_a_guest_up()
    {
        const uint Size = 1 << 20;
        using GuestDriver driver = Driver(threaded: true).Start();
        GuestQueue transmit = driver.Queues[ConsoleDevice.TransmitQueue];
        ulong at = driver.Allocate(Size);
        const int Count = 16;
        for (int i = 0; i < Count; i++)
        {
            driver.Memory.Ref<byte>(new(at + Size - 1)) = (byte)i;
            transmit.Add(ToRead(at, Size));
            transmit.Kick();
            driver.Await(transmit);
        }
        Assert.Equal(Count * Size, _console.Log.End);
        Assert.Equal(SerialLog.DefaultCapacity, _console.Log.End - _console.Log.Start);
        long position = _console.Log.End - 1;
        byte[] last = new byte[1];
        Assert.Equal(1, _console.Log.Read(ref position, last));
        Assert.Equal(Count - 1, last[0]);
    }

    [Fact]
    public void A_guest_that_writes_much_at_once_leaves_the_device_free_now_and_then()
    {
        const uint Size = 1 << 20;
        using GuestDriver driver = Driver().Start();
        GuestQueue transmit = driver.Queues[ConsoleDevice.TransmitQueue];
        ulong at = driver.Allocate(Size);
        driver.Run(); // each queue's first turn
        for (int i = 0; i < 40; i++) transmit.Add(ToRead(at, Size));
        transmit.Kick();
        Assert.Equal(3, driver.Run());
        Assert.Equal(40 * Size, _console.Log.End);
    }

    [Fact]
    public void A_thousand_lines_each_way_allocate_nothing()
    {
        using GuestDriver driver = Driver().Start();
        GuestQueue transmit = driver.Queues[ConsoleDevice.TransmitQueue], receive = driver.Queues[ConsoleDevice.ReceiveQueue];
        ulong at = driver.Allocate(64);
        _console.Input.Enqueue(new byte[1 << 20]);
        _console.Log.Append(new byte[SerialLog.DefaultCapacity]); // its ring is there
        Assert.Equal(0, Allocation.Of(() =>
        {
            for (int i = 0; i < 1000; i++)
            {
                transmit.Add(ToRead(at, 64));
                transmit.Kick();
                receive.Add(ToWrite(at, 10));
                receive.Kick();
                driver.Run();
                transmit.TryTake(out _, out _);
                receive.TryTake(out _, out _);
            }
        }));
        Assert.InRange(_console.Input.Count, 1, (1 << 20) - 10_000);
    }

    [Fact]
    public void After_the_run_nothing_reaches_the_device_any_more()
    {
        using GuestDriver driver = Driver().Start();
        _connector.Detach();
        _console.Resize(80, 25);
        _console.Input.Enqueue("x"u8);
        Assert.Equal((0, 2), (driver.Interrupts, driver.Run())); // two turns are of the start
    }

    [Fact]
    public void Nor_does_what_was_on_its_way_when_the_run_ended()
    {
        _console.Input.Arrived += _connector.Detach; // called first, and the connector all the same after it
        _console.Resized += _connector.Detach;
        using GuestDriver driver = Driver().Start();
        driver.Run();
        _console.Resize(80, 25);
        _connector.Open().Dispose();
        _console.Input.Enqueue("x"u8);
        Assert.Equal((0, 0), (driver.Interrupts, driver.Run()));
    }
}
