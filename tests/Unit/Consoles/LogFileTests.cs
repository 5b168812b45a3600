using System.Security.Cryptography;
using PSToyVmm.Engine.Consoles;
using Xunit;

namespace PSToyVmm.Tests.Unit.Consoles;

public class LogFileTests
{
    /// <summary>A disk that waits for permission, and fails after so many bytes.</summary>
    sealed class FakeDisk(long room = long.MaxValue) : MemoryStream
    {
        public ManualResetEventSlim Ready { get; } = new(initialState: true);

        public bool IsClosed { get; private set; }

        public override void Write(byte[] buffer, int offset, int count)
        {
            Ready.Wait();
            if (Length + count > room) throw new IOException("No space left on device");
            base.Write(buffer, offset, count);
        }

        protected override void Dispose(bool disposing)
        {
            IsClosed = true;
            base.Dispose(disposing);
        }
    }

    [Fact]
    public void The_file_is_complete_after_50_MB_at_full_speed()
    {
        string path = Path.Combine(Path.GetTempPath(), $"toyvm-log-{Guid.NewGuid():n}");
        try
        {
            using IncrementalHash expected = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            byte[] piece = new byte[50_000];
            using (SerialLog log = new(capacity: 1000, File.Create(path)))
            {
                Random random = new(7);
                for (int i = 0; i < 1000; i++)
                {
                    random.NextBytes(piece);
                    expected.AppendData(piece);
                    log.Append(piece);
                }
                log.Complete();
                Assert.Null(log.FileError);
                Assert.Equal(50_000_000, new FileInfo(path).Length);   // before it is closed
            }
            using FileStream written = File.OpenRead(path);
            Assert.Equal(expected.GetHashAndReset(), SHA256.HashData(written));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void A_slow_disk_does_not_hold_up_the_guest_and_loses_nothing()
    {
        using FakeDisk disk = new();
        disk.Ready.Reset();
        using SerialLog log = new(capacity: 10, disk);
        byte[] bytes = new byte[1_000_000];
        new Random(3).NextBytes(bytes);
        foreach (byte value in bytes) log.Append([value]);             // returns, though the disk stands still
        Assert.Equal(0, disk.Length);
        disk.Ready.Set();
        log.Complete();
        Assert.Equal(bytes, disk.ToArray());
    }

    [Fact]
    public void A_full_disk_ends_the_file_and_nothing_else()
    {
        FakeDisk disk = new(room: 100);
        SerialLog log = new(capacity: 1000, disk);
        log.Append(new byte[50]);
        log.Complete();
        Assert.Null(log.FileError);
        log.Append(new byte[60]);
        log.Complete();
        Assert.IsType<IOException>(log.FileError);
        Assert.True(disk.IsClosed);
        log.Append("still here"u8);
        Assert.Equal(120, log.End);
        log.Complete();
        log.Dispose();
        log.Dispose();
    }

    [Fact]
    public void The_file_goes_on_after_a_restart_and_is_closed_at_the_end()
    {
        FakeDisk disk = new();
        SerialLog log = new(file: disk);
        log.Append("first "u8);
        log.Complete();
        log.Reopen();
        log.Append("second"u8);
        log.Dispose();
        Assert.True(disk.IsClosed);
        Assert.Equal("first second"u8, disk.ToArray());
        log.Append("after"u8);                                         // nobody's any more, and harmless
        Assert.Null(log.FileError);
    }

    [Fact]
    public void What_the_guest_wrote_reaches_the_file_without_anybody_asking()
    {
        using FakeDisk disk = new();
        using SerialLog log = new(file: disk);
        log.Append("login: "u8);
        Assert.True(SpinWait.SpinUntil(() => disk.Length == 7, TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public void A_guest_far_ahead_of_its_disk_has_a_log_that_ends_there_and_costs_no_more_memory()
    {
        FakeDisk disk = new();
        disk.Ready.Reset();
        byte[] piece = new byte[8 << 20];
        using SerialLog log = new(capacity: 1000, disk);
        for (long written = 0; written + piece.Length <= LogFileWriter.MostWaiting; written += piece.Length) log.Append(piece);
        Assert.Null(log.FileError);
        log.Append("more"u8);
        Assert.Contains("256 MiB behind", log.FileError!.Message);
        disk.Ready.Set();
        log.Complete();
        log.Append("later"u8); // the disk has caught up, but what came between is lost
        log.Complete();
        Assert.Equal(LogFileWriter.MostWaiting, disk.Length);
        Assert.EndsWith("behind", log.FileError.Message);
    }
}
