using System.Buffers.Binary;
using PSToyVmm.Engine.Virtio;
using PSToyVmm.Engine.Virtio.Block;
using PSToyVmm.Tests.Unit.Backends;
using PSToyVmm.Tests.Unit.Bus;
using Xunit;
using static PSToyVmm.Tests.Unit.Virtio.Block.BlockRig;
using static PSToyVmm.Tests.Unit.Virtio.GuestBuffer;

namespace PSToyVmm.Tests.Unit.Virtio.Block;

public class BlockDeviceTests
{
    const int Size = 1 << 20;

    public static TheoryData<string> Engines => ["io_uring", "pread/pwrite", "snapshot"];

    [Theory, MemberData(nameof(Engines))]
    public void A_guest_reads_what_it_wrote_and_the_image_has_it(string engine)
    {
        using TempFile file = new(new byte[Size]);
        using BlockRig disk = new(file.Path, engine);
        Random random = new(1);
        byte[] expected = new byte[64 << 10];
        random.NextBytes(expected);
        expected.CopyTo(disk.Data(expected.Length));
        Assert.Equal(Ok, disk.Request(Out, 16, (uint)expected.Length, pieces: 5));
        Assert.Equal(Ok, disk.Request(BlockRig.Flush));
        disk.Data(expected.Length).Clear();
        Assert.Equal(Ok, disk.Request(In, 16, (uint)expected.Length, pieces: 16));
        Assert.True(disk.Data(expected.Length).SequenceEqual(expected));
        Assert.Equal(engine == "snapshot" ? new byte[expected.Length] : expected, File.ReadAllBytes(file.Path)[8192..(8192 + expected.Length)]);
        BlockCounters counters = disk.Device.Counters;
        Assert.Equal((1, 1, 1, 0, 0), (counters.Reads, counters.Writes, counters.Flushes, counters.Errors, counters.Rejected));
        Assert.Equal((65536, 65536), (counters.BytesRead, counters.BytesWritten));
    }

    [Fact]
    public void The_configuration_says_what_the_disk_is()
    {
        using TempFile file = new(new byte[Size]);
        using BlockRig disk = new(file.Path);
        Assert.Equal(2u, disk.Driver.Read(8));
        byte[] config = disk.Driver.ReadConfig(0, 60);
        Assert.Equal((ulong)Size / 512, BinaryPrimitives.ReadUInt64LittleEndian(config));
        Assert.Equal(254u, BinaryPrimitives.ReadUInt32LittleEndian(config.AsSpan(12)));
        Assert.Equal(512u, BinaryPrimitives.ReadUInt32LittleEndian(config.AsSpan(20)));
        Assert.Equal(3, config[24]);
        Assert.Equal(1, config[32]);
        Assert.Equal(1u, BinaryPrimitives.ReadUInt32LittleEndian(config.AsSpan(40)));
        const ulong Expected = 1 << 2 | 1 << 6 | 1 << 9 | 1 << 10 | 1 << 11 | 1 << 13 | 1 << 14;
        Assert.Equal(Expected, disk.Driver.Features & uint.MaxValue & ~VirtioFeature.OfEveryDevice);
    }

    [Fact]
    public void A_read_only_disk_says_so_and_keeps_its_word()
    {
        using TempFile file = new(new byte[Size]);
        using BlockRig disk = new(file.Path, readOnly: true);
        Assert.True(disk.Driver.Has(1 << 5));
        Assert.False(disk.Driver.Has(1 << 13));
        disk.Data(512).Fill(1);
        Assert.Equal(IoError, disk.Request(Out, 0, 512));
        Assert.Equal(Unsupported, disk.Range(Discard, 0, 8));
        Assert.Equal(Ok, disk.Request(BlockRig.Flush));
        Assert.Equal(Ok, disk.Request(In, 0, 512));
        Assert.Equal(new byte[Size], File.ReadAllBytes(file.Path));
    }

    [Fact]
    public void The_serial_number_is_padded_with_zeroes()
    {
        using TempFile file = new(new byte[Size]);
        using BlockRig disk = new(file.Path, serial: "abc");
        disk.Data(21).Fill(0xee);
        Assert.Equal(Ok, disk.Request(GetId, 0, 20));
        Assert.Equal("abc\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"u8, disk.Data(20));
        Assert.Equal(0xee, disk.Data(21)[20]);
    }

    [Theory]
    [InlineData(In, Size / 512, 512)]
    [InlineData(In, (Size / 512) - 1, 1024)]
    [InlineData(In, long.MaxValue, 512)]
    [InlineData(In, -1L, 512)]
    [InlineData(In, 0, 511)]
    [InlineData(In, 0, 0)]
    [InlineData(Out, (Size / 512) - 7, 4096)]
    [InlineData(Out, 0x0080_0000_0000_0000, 4096)]
    [InlineData(Out, 0, 1000)]
    public void What_is_not_wholly_on_the_disk_is_refused(uint type, long sector, uint length)
    {
        using TempFile file = new(new byte[Size]);
        using BlockRig disk = new(file.Path);
        disk.Data(4096).Fill(1);
        Assert.Equal(IoError, disk.Request(type, (ulong)sector, length));
        Assert.Equal(1, disk.Device.Counters.Rejected);
        Assert.Equal(new byte[Size], File.ReadAllBytes(file.Path));
    }

    [Theory]
    [InlineData(2u)]
    [InlineData(3u)]
    [InlineData(14u)]
    [InlineData(uint.MaxValue)]
    public void A_request_of_another_type_is_unsupported(uint type)
    {
        using TempFile file = new(new byte[Size]);
        using BlockRig disk = new(file.Path);
        Assert.Equal(Unsupported, disk.Request(type, 0, 512));
    }

    [Theory, MemberData(nameof(Engines))]
    public void Ranges_are_discarded_and_zeroed(string engine)
    {
        using TempFile file = new([.. Enumerable.Repeat((byte)1, Size)]);
        using BlockRig disk = new(file.Path, engine);
        Assert.Equal(Ok, disk.Range(WriteZeroes, 8, 8));
        Assert.Equal(Ok, disk.Range(WriteZeroes, 32, 8, flags: 1));
        Assert.Equal(Ok, disk.Range(Discard, 64, 8));
        Assert.Equal(Ok, disk.Request(In, 0, 80 * 512));
        byte[] data = disk.Data(80 * 512).ToArray();
        for (int sector = 0; sector < 80; sector++)
            Assert.Equal(sector is (>= 8 and < 16) or (>= 32 and < 40) or (>= 64 and < 72) ? 0 : 1, data[(sector * 512) + 100]);
    }

    [Theory]
    [InlineData(Discard, 0L, 8u, 1u, Unsupported)]
    [InlineData(WriteZeroes, 0L, 8u, 2u, Unsupported)]
    [InlineData(WriteZeroes, 0L, 0u, 0u, IoError)]
    [InlineData(WriteZeroes, (Size / 512) - 1, 2u, 0u, IoError)]
    [InlineData(Discard, -1L, 1u, 0u, IoError)]
    [InlineData(Discard, 0L, uint.MaxValue, 0u, IoError)]
    public void A_range_that_cannot_be_is_refused(uint type, long sector, uint sectors, uint flags, byte status)
    {
        using TempFile file = new([.. Enumerable.Repeat((byte)1, Size)]);
        using BlockRig disk = new(file.Path);
        Assert.Equal(status, disk.Range(type, (ulong)sector, sectors, flags));
        Assert.All(File.ReadAllBytes(file.Path), value => Assert.Equal(1, value));
    }

    [Fact]
    public void Header_data_and_status_may_be_cut_anywhere()
    {
        using TempFile file = new([.. Enumerable.Repeat((byte)5, Size)]);
        using BlockRig disk = new(file.Path);
        disk.Driver.Memory.Ref<ulong>(new(disk.HeaderAt)) = In;
        disk.Driver.Memory.Ref<ulong>(new(disk.HeaderAt + 8)) = 3;
        // The status is the last byte of the data's descriptor; the header is in three.
        disk.Queue.Add(ToRead(disk.HeaderAt, 3), ToRead(disk.HeaderAt + 3, 9), ToRead(disk.HeaderAt + 12, 4), ToWrite(disk.DataAt, 100), ToWrite(disk.DataAt + 100, 413));
        Assert.Equal(513u, disk.Take().Written);
        byte[] data = disk.Data(513).ToArray();
        Assert.All(data[..512], value => Assert.Equal(5, value));
        Assert.Equal(Ok, data[512]);
    }

    [Fact]
    public void A_short_header_is_an_error_and_no_status_breaks_the_device()
    {
        using TempFile file = new(new byte[Size]);
        using BlockRig disk = new(file.Path);
        disk.Queue.Add(ToRead(disk.HeaderAt, 15), ToWrite(disk.StatusAt, 1));
        disk.Take();
        Assert.Equal(IoError, disk.Status());
        disk.Queue.Add(ToRead(disk.HeaderAt, 16));
        disk.Queue.Kick();
        disk.Driver.Run();
        Assert.True(disk.Driver.Status.HasFlag(VirtioStatus.NeedsReset));
        disk.Restart();
        Assert.Equal(Ok, disk.Request(In, 0, 512));
    }

    [Theory, MemberData(nameof(Engines))]
    public void A_batch_of_requests_is_one_turn_and_one_interrupt(string engine)
    {
        using TempFile file = new([.. Enumerable.Range(0, Size).Select(i => (byte)(i >> 12))]);
        using BlockRig disk = new(file.Path, engine);
        int before = disk.Driver.Interrupts;
        for (uint i = 0; i < 32; i++) disk.Offer(In, i * 8, 4096, slot: i);
        // Each end waits for all, as a driver does that polls: an interrupt at the last of the batch.
        disk.Queue.UsedEvent = 31;
        disk.Take();
        for (int i = 1; i < 32; i++) disk.Take();
        for (uint i = 0; i < 32; i++) Assert.Equal((Ok, (byte)i), (disk.Status(i), disk.Data(1, i)[0]));
        Assert.Equal(1, disk.Driver.Interrupts - before);
    }

    [Theory]
    [InlineData(true, ulong.MaxValue, true)]
    [InlineData(false, ulong.MaxValue, false)]
    [InlineData(false, ~(1ul << 9), true)] // no flush: who cannot ask for durability is given it
    [InlineData(false, ~(1ul << 11), false)]
    public void Writes_are_as_durable_as_was_agreed_on(bool asked, ulong features, bool writethrough)
    {
        using TempFile file = new(new byte[Size]);
        using BlockRig disk = new(file.Path, features: features, writethrough: asked);
        Assert.Equal(writethrough, disk.Backend.Writethrough);
        Assert.Equal(asked ? 0 : 1, disk.Driver.ReadConfig(32, 1)[0]);
    }

    [Fact]
    public void A_driver_can_change_the_cache_until_its_reset()
    {
        using TempFile file = new(new byte[Size]);
        using BlockRig disk = new(file.Path);
        disk.Driver.Transport.Write(0x100 + 32, [0]);
        Assert.True(disk.Backend.Writethrough);
        Assert.Equal(0, disk.Driver.ReadConfig(32, 1)[0]);
        Assert.Equal(Ok, disk.Request(Out, 0, 4096));
        disk.Restart();
        Assert.False(disk.Backend.Writethrough);
    }

    [SmallFileSystemFact]
    public void A_host_without_room_is_an_error_to_the_guest_and_nothing_else()
    {
        using SmallFileSystem files = new(megabytes: 1);
        foreach (string engine in new[] { "io_uring", "pread/pwrite" })
        {
            string path = files.CreateSparse($"{engine.Replace('/', '-')}.raw", 8 << 20);
            using BlockRig disk = new(path, engine);
            disk.Data(1 << 16).Fill(1);
            int failed = 0;
            for (ulong i = 0; i < 64; i++) failed += disk.Request(Out, i * 256, 1 << 16);
            Assert.InRange(failed, 40, 63);
            Assert.Equal((failed, 28), ((int)disk.Device.Counters.Errors, disk.Device.Counters.LastError));
            Assert.Equal(Ok, disk.Request(In, 0, 1 << 16));
            Assert.Equal(Ok, disk.Range(Discard, 0, (8 << 20) / 512));
        }
    }

    [Fact]
    public void A_disk_is_held_to_its_rate_and_its_burst()
    {
        ManualClock clock = new();
        using TempFile file = new(new byte[Size]);
        using BlockRig disk = new(file.Path, limit: new(OperationsPerSecond: 10, BurstOperations: 3), clock: clock);
        for (uint i = 0; i < 8; i++) disk.Offer(In, 0, 512, slot: i);
        disk.Queue.Kick();
        disk.Driver.Run();
        Assert.Equal(3, disk.Device.Counters.Reads);
        Assert.Equal(1, disk.Device.Counters.Throttled);
        TimeSpan wait = disk.Driver.Control.TimeUntilTimer()!.Value;
        Assert.InRange(wait.TotalMilliseconds, 90, 110);
        clock.Advance(wait + TimeSpan.FromMilliseconds(1));
        disk.Driver.Control.RunTimer();
        Assert.Equal(4, disk.Device.Counters.Reads);
        disk.Device.Limit = RateLimit.None;
        disk.Driver.Run();
        Assert.Equal(8, disk.Device.Counters.Reads);
        Assert.Null(disk.Driver.Control.TimeUntilTimer());
    }

    [Theory, MemberData(nameof(Engines))]
    public void A_thousand_requests_allocate_nothing(string engine)
    {
        using TempFile file = new(new byte[Size]);
        using BlockRig disk = new(file.Path, engine, limit: new(BytesPerSecond: 1L << 50));
        disk.Request(In, 0, 4096);
        Assert.Equal(0, Allocation.Of(() =>
        {
            for (uint i = 0; i < 1000; i++)
            {
                disk.Offer((i % 4) switch { 0 => Out, 1 => In, 2 => BlockRig.Flush, _ => GetId }, 0, (i % 4) switch { 0 or 1 => 4096u, 2 => 0, _ => 20 }, pieces: 2);
                // Also for a device with a thread: its turns are on this one, whose allocations can be told from others'.
                disk.Driver.Control.RunQueue(0);
                while (!disk.Queue.TryTake(out _, out _)) disk.Driver.Control.RunSource(0);
            }
        }));
    }

    [Theory, MemberData(nameof(Engines))]
    public void A_reset_in_the_middle_leaves_nothing_in_flight(string engine)
    {
        using TempFile file = new(new byte[Size]);
        using BlockRig disk = new(file.Path, engine);
        for (int round = 0; round < 50; round++)
        {
            for (uint i = 0; i < 32; i++) disk.Offer(i % 2 == 0 ? In : Out, i * 8, 4096, slot: i);
            disk.Queue.Kick();
            disk.Restart();
            Assert.Equal(Ok, disk.Request(In, 0, 4096));
        }
        Assert.Null(disk.Driver.Failure);
    }

    sealed class ManualClock : TimeProvider
    {
        long _now = 1000;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;

        public void Advance(TimeSpan time) => _now += time.Ticks;
    }
}
