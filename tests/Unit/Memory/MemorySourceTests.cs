using PSToyVmm.Engine;
using PSToyVmm.Engine.Memory;
using Xunit;

namespace PSToyVmm.Tests.Unit.Memory;

public class MemorySourceTests
{
    const ulong Size = 4 << 20;
    static readonly GuestAddress s_at = new(0x12_3000);

    [Fact]
    public void A_file_holds_what_the_guest_left_in_it_and_begins_with_zeroes_again()
    {
        using TempFile file = new([]);
        MemorySource source = new(MemoryBacking.File, Path: file.Path);
        for (int i = 0; i < 2; i++)
            using (GuestMemory memory = new(Size, source))
            {
                Assert.Equal(0, memory.Slice(s_at, 1)[0]);
                memory.Write(s_at, "guest"u8);
                Assert.Equal(file.Path, memory.SharedPath);
            }
        byte[] left = File.ReadAllBytes(file.Path);
        Assert.Equal(Size, (ulong)left.Length);
        Assert.Equal("guest"u8, left.AsSpan((int)s_at.Value, 5));
    }

    [Fact]
    public void A_file_serves_one_machine_at_a_time()
    {
        using TempFile file = new([]);
        MemorySource source = new(MemoryBacking.File, Path: file.Path);
        using GuestMemory first = new(Size, source);
        Assert.Equal(VmErrorId.MemoryFileInvalid, Assert.Throws<VmException>(() => new GuestMemory(Size, source)).Id);
        first.Write(s_at, "still mine"u8);
    }

    [Fact]
    public void A_file_that_is_something_else_is_not_overwritten()
    {
        using TempFile file = new("a letter"u8.ToArray());
        VmException refused = Assert.Throws<VmException>(() => new GuestMemory(Size, new(MemoryBacking.File, Path: file.Path)));
        Assert.Equal(VmErrorId.MemoryFileInvalid, refused.Id);
        Assert.Equal("a letter", File.ReadAllText(file.Path));
    }

    [Fact]
    public void A_file_too_large_for_its_file_system_is_refused_before_a_guest_could_die_of_it()
    {
        string path = Path.Combine("/dev/shm", $"pstoyvmm-{Guid.NewGuid():N}");
        try
        {
            VmException refused = Assert.Throws<VmException>(() => new GuestMemory(1ul << 42, new(MemoryBacking.File, Path: path)));
            Assert.Equal(VmErrorId.MemoryFileInvalid, refused.Id);
            Assert.Equal(0, new FileInfo(path).Length);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Shared_memory_can_be_opened_by_its_path_and_is_gone_afterwards()
    {
        string path;
        using (GuestMemory memory = new(Size, new(MemoryBacking.Shared)))
        {
            path = memory.SharedPath!;
            memory.Write(s_at, "guest"u8);
            using FileStream other = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            other.Position = (long)s_at.Value;
            byte[] seen = new byte[5];
            other.ReadExactly(seen);
            Assert.Equal("guest"u8, seen);
        }
        Assert.False(File.Exists(path) && new FileInfo(path).LinkTarget?.Contains("toyvm", StringComparison.Ordinal) == true);
    }

    [Theory]
    [InlineData(MemoryBacking.File, HugePages.Transparent, null, VmErrorId.MemoryFileInvalid)]
    [InlineData(MemoryBacking.File, HugePages.TwoMebibytes, "/tmp/x", VmErrorId.MemoryFileInvalid)]
    [InlineData(MemoryBacking.File, HugePages.Transparent, "/tmp", VmErrorId.MemoryFileInvalid)]
    [InlineData(MemoryBacking.File, HugePages.Transparent, "/tmp/a\0b", VmErrorId.MemoryFileInvalid)]
    [InlineData(MemoryBacking.Shared, HugePages.Transparent, "/tmp/x", VmErrorId.MemoryFileInvalid)]
    [InlineData(MemoryBacking.Anonymous, HugePages.OneGibibyte, null, VmErrorId.MemoryNotPageAligned)]
    public void What_does_not_go_together_is_refused(MemoryBacking backing, HugePages pages, string? path, string id) =>
        Assert.Equal(id, Assert.Throws<VmException>(() => new MemorySource(backing, pages, path).Validate(Size)).Id);

    [Fact]
    public void A_file_without_a_length_cannot_be_memory()
    {
        string fifo = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        System.Diagnostics.Process.Start("mkfifo", fifo).WaitForExit();
        VmException refused = Assert.Throws<VmException>(() => new GuestMemory(Size, new(MemoryBacking.File, Path: fifo)));
        File.Delete(fifo);
        Assert.Equal(VmErrorId.MemoryFileInvalid, refused.Id);
    }

    [Theory]
    [InlineData(MemoryBacking.Anonymous)]
    [InlineData(MemoryBacking.Shared)]
    public void Without_huge_pages_set_aside_the_error_says_how_many_are_needed(MemoryBacking backing)
    {
        // More than any test host has set aside.
        VmException refused = Assert.Throws<VmException>(() => new GuestMemory(1ul << 40, new(backing, HugePages.OneGibibyte)));
        Assert.Equal(VmErrorId.HugePagesUnavailable, refused.Id);
        Assert.Contains("1024 huge pages of 1024 MiB", refused.Message);
    }

    [Theory]
    [InlineData(MemoryBacking.Anonymous)]
    [InlineData(MemoryBacking.Shared)]
    public void Huge_pages_that_are_set_aside_are_used(MemoryBacking backing)
    {
        const string Pool = "/proc/sys/vm/nr_hugepages";
        string before = File.ReadAllText(Pool);
        try
        {
            File.WriteAllText(Pool, "8");
        }
        catch (UnauthorizedAccessException)
        {
            return; // only root sets pages aside; the refusals above need none
        }
        try
        {
            if (File.ReadAllText(Pool).Trim() != "8") return; // memory of this host is too fragmented
            using GuestMemory memory = new(Size, new(backing, HugePages.TwoMebibytes));
            memory.Write(s_at, "guest"u8);
            Assert.Equal(VmErrorId.HugePagesUnavailable, Assert.Throws<VmException>(() => new GuestMemory(8ul << 21, new(backing, HugePages.TwoMebibytes))).Id);
            string[] smaps = File.ReadAllLines("/proc/self/smaps");
            Assert.Contains(smaps, line => line.StartsWith("KernelPageSize:", StringComparison.Ordinal) && line.Contains("2048 kB", StringComparison.Ordinal));
        }
        finally
        {
            File.WriteAllText(Pool, before);
        }
    }
}
