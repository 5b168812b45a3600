using System.Runtime.InteropServices;
using PSToyVmm.Engine.Backends;
using PSToyVmm.Engine.Virtio;
using PSToyVmm.Engine.Virtio.Block;
using PSToyVmm.Tests.Unit.Bus;
using Xunit;

namespace PSToyVmm.Tests.Unit.Backends;

/// <summary>What holds of every backend, on real files.</summary>
public class DiskBackendTests
{
    const int Size = 1 << 20;

    public static TheoryData<string> Engines => ["io_uring", "pread/pwrite", "snapshot"];

    public static TheoryData<string> Persistent => ["io_uring", "pread/pwrite"];

    [Theory, MemberData(nameof(Engines))]
    public void It_is_the_engine_that_was_asked_for(string engine)
    {
        using TempFile file = new(new byte[Size]);
        using DiskRig disk = new(file.Path, engine);
        Assert.Equal(engine, disk.Backend.Engine);
        Assert.Equal((ulong)Size, disk.Backend.Capacity);
    }

    [Theory, MemberData(nameof(Engines))]
    public void Random_requests_leave_what_a_model_of_the_disk_says(string engine)
    {
        Random random = new(4711);
        byte[] model = new byte[Size], bytes = new byte[96 << 10];
        random.NextBytes(model);
        using TempFile file = new(model);
        byte[] before = [.. model];
        using (DiskRig disk = new(file.Path, engine))
        {
            for (int i = 0; i < 2000; i++)
            {
                int sectors = random.Next(1, 192), offset = random.Next(0, (Size / 512) - sectors) * 512, length = sectors * 512;
                Span<byte> there = model.AsSpan(offset, length), part = bytes.AsSpan(0, length);
                switch (random.Next(10))
                {
                    case < 4:
                        Assert.Equal(0, disk.Read((ulong)offset, part, random.Next(1, 64)));
                        Assert.True(part.SequenceEqual(there), $"request {i}");
                        break;
                    case < 8:
                        random.NextBytes(part);
                        part.CopyTo(there);
                        Assert.Equal(0, disk.Write((ulong)offset, part, random.Next(1, 64)));
                        break;
                    default:
                        there.Clear();
                        Assert.Equal(0, disk.Run(random.Next(2) == 0 ? BlockOperation.WriteZeroes : BlockOperation.WriteZeroesUnmap, (ulong)offset, (ulong)length));
                        break;
                }
            }
            Assert.Equal(0, disk.Run(BlockOperation.Flush));
        }
        Assert.True(File.ReadAllBytes(file.Path).AsSpan().SequenceEqual(engine == "snapshot" ? before : model));
    }

    [Theory, MemberData(nameof(Persistent))]
    public void Discarding_gives_the_room_back(string engine)
    {
        using TempFile file = new([.. Enumerable.Repeat((byte)1, Size)]);
        long before = BlocksOf(file.Path);
        using DiskRig disk = new(file.Path, engine);
        Assert.Equal(0, disk.Run(BlockOperation.Discard, 4096, Size - 8192));
        Assert.Equal(0, disk.Run(BlockOperation.Flush));
        Assert.True(BlocksOf(file.Path) < before / 2);
        Assert.Equal(Size, new FileInfo(file.Path).Length);
        byte[] sector = new byte[512];
        Assert.Equal(0, disk.Read(Size / 2, sector));
        Assert.Equal(new byte[512], sector);
    }

    [Theory, MemberData(nameof(Persistent))]
    public void Zeroes_that_stay_reserved_keep_the_room(string engine)
    {
        using TempFile file = new([.. Enumerable.Repeat((byte)1, Size)]);
        long before = BlocksOf(file.Path);
        using DiskRig disk = new(file.Path, engine) { Backend = { Writethrough = true } };
        Assert.Equal(0, disk.Run(BlockOperation.WriteZeroes, 0, Size));
        Assert.Equal(before, BlocksOf(file.Path));
    }

    [Theory, MemberData(nameof(Persistent))]
    public void A_read_only_disk_is_not_written(string engine)
    {
        using TempFile file = new([.. Enumerable.Repeat((byte)7, 4096)]);
        using DiskRig disk = new(file.Path, engine, DiskAccess.ReadOnly);
        foreach (BlockOperation operation in new[] { BlockOperation.Write, BlockOperation.Discard, BlockOperation.WriteZeroes, BlockOperation.WriteZeroesUnmap })
            Assert.Equal(30, operation == BlockOperation.Write ? disk.Write(0, new byte[512]) : disk.Run(operation, 0, 512)); // EROFS
        byte[] all = new byte[4096];
        Assert.Equal(0, disk.Read(0, all));
        Assert.All(all, value => Assert.Equal(7, value));
    }

    [Theory]
    [InlineData("io_uring", false)]
    [InlineData("pread/pwrite", false)]
    [InlineData("snapshot", true)]
    public void Behind_an_odd_end_are_zeroes(string engine, bool writable)
    {
        using TempFile file = new([.. Enumerable.Repeat((byte)7, 1000)]);
        using DiskRig disk = new(file.Path, engine, writable ? DiskAccess.Snapshot : DiskAccess.ReadOnly);
        byte[] all = new byte[1024];
        Assert.Equal(0, disk.Read(0, all, 3));
        Assert.Equal(Enumerable.Repeat((byte)7, 1000).Concat(new byte[24]), all);
        if (!writable) return;
        Assert.Equal(0, disk.Write(512, [.. Enumerable.Repeat((byte)9, 512)]));
        Assert.Equal(0, disk.Read(0, all));
        Assert.Equal(Enumerable.Repeat((byte)7, 512).Concat(Enumerable.Repeat((byte)9, 512)), all);
        Assert.Equal(1000, new FileInfo(file.Path).Length);
    }

    [Theory, MemberData(nameof(Persistent))]
    public void An_image_that_becomes_shorter_under_the_guest_gives_errors_and_no_zeroes(string engine)
    {
        using TempFile file = new(new byte[Size]);
        using DiskRig disk = new(file.Path, engine);
        using (FileStream other = new(file.Path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) other.SetLength(4096);
        Assert.Equal(5, disk.Read(0, new byte[8192])); // EIO
        Assert.Equal(0, disk.Read(0, new byte[4096]));
    }

    [SmallFileSystemFact]
    public void A_file_system_without_room_gives_errors_and_takes_what_it_has_room_for()
    {
        using SmallFileSystem files = new(megabytes: 2);
        foreach (string engine in new[] { "io_uring", "pread/pwrite" })
        {
            string path = files.CreateSparse($"{engine.Replace('/', '-')}.raw", 16 << 20);
            using DiskRig disk = new(path, engine);
            int full = 0;
            for (int i = 0; i < 16; i++)
                if (disk.Write((ulong)i << 20, [.. Enumerable.Repeat((byte)i, 1 << 20)]) is var errno and not 0)
                {
                    Assert.Equal(28, errno); // ENOSPC
                    full++;
                }
            Assert.InRange(full, 14, 15);
            byte[] first = new byte[1 << 20];
            Assert.Equal(0, disk.Read(0, first));
            Assert.Equal(new byte[1 << 20], first);
            Assert.Equal(0, disk.Run(BlockOperation.Discard, 0, 16 << 20));
            Assert.Equal(0, disk.Write(8 << 20, new byte[1 << 20]));
            Assert.Equal(0, disk.Run(BlockOperation.Discard, 0, 16 << 20));
        }
    }

    [Theory, MemberData(nameof(Engines))]
    public void A_batch_is_one_submission_and_every_tag_comes_back_once(string engine)
    {
        using TempFile file = new([.. Enumerable.Range(0, Size).Select(i => (byte)(i >> 12))]);
        using DiskRig disk = new(file.Path, engine);
        byte[] buffer = GC.AllocateArray<byte>(DiskRig.Depth * 4096, pinned: true);
        IoVector[] vectors = GC.AllocateArray<IoVector>(DiskRig.Depth, pinned: true);
        for (int round = 0; round < 20; round++)
        {
            Array.Clear(buffer);
            for (int i = 0; i < DiskRig.Depth; i++)
            {
                vectors[i] = new() { Base = Marshal.UnsafeAddrOfPinnedArrayElement(buffer, i * 4096), Length = 4096 };
                disk.Backend.Queue(new(BlockOperation.Read, i, (ulong)i * 4096, 4096, Marshal.UnsafeAddrOfPinnedArrayElement(vectors, i), 1));
            }
            disk.Backend.Submit();
            HashSet<int> tags = [];
            while (tags.Count < DiskRig.Depth)
                if (disk.Backend.TryComplete(out BlockCompletion completion)) Assert.True(completion.Error == 0 && tags.Add(completion.Tag));
                else disk.Backend.Wait();
            Assert.False(disk.Backend.TryComplete(out _));
            for (int i = 0; i < DiskRig.Depth; i++) Assert.Equal((byte)i, buffer[i * 4096]);
        }
    }

    [Theory, MemberData(nameof(Engines))]
    public void A_request_allocates_nothing(string engine)
    {
        using TempFile file = new(new byte[Size]);
        using DiskRig disk = new(file.Path, engine);
        byte[] bytes = new byte[8192];
        Assert.Equal(0, Allocation.Of(() =>
        {
            for (int i = 0; i < 64; i++)
            {
                disk.Write((ulong)i * 8192, bytes, 4);
                disk.Read((ulong)i * 8192, bytes, 4);
                disk.Run(BlockOperation.Flush);
                disk.Run(BlockOperation.WriteZeroesUnmap, (ulong)i * 8192, 4096);
            }
        }));
    }

    [Theory]
    [InlineData(0u, 64u)]
    [InlineData(63u, 2u)]
    [InlineData(5u, 1u)]
    [InlineData(1u, 700u)]
    [InlineData(64u, 936u)]
    public void A_map_of_sectors_knows_its_runs(ulong first, ulong count)
    {
        using SectorMap map = new(1000);
        Assert.Equal((false, 1000ul), map.Run(0, 1000));
        map.Set(first, count);
        if (first > 0) Assert.Equal((false, first), map.Run(0, 1000));
        Assert.Equal((true, count), map.Run(first, 1000 - first));
        Assert.Equal((true, 1ul), map.Run(first, 1));
        if (first + count < 1000) Assert.Equal((false, 1000 - first - count), map.Run(first + count, 1000 - first - count));
    }

    // stat's blocks of 512 bytes, which .NET does not tell.
    static long BlocksOf(string path) => long.Parse(Commands.Run("stat", "-c", "%b", path), System.Globalization.CultureInfo.InvariantCulture);
}
