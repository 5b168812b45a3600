using System.Runtime.InteropServices;
using PSToyVmm.Engine.Backends;
using PSToyVmm.Engine.Virtio;
using PSToyVmm.Engine.Virtio.Block;

namespace PSToyVmm.Tests.Unit.Virtio.Block;

/// <summary>
/// A disk for fuzzing: it reads from one real file and writes to another, so that a case is the same whatever came before.
/// What it reads are headers of requests, which a guest then finds all over its memory.
/// </summary>
sealed class ForgetfulDisk(IBlockBackend content, IBlockBackend scratch) : IBlockBackend
{
    const int Size = 64 << 10;

    public ulong Capacity => content.Capacity;
    public uint BlockSize => content.BlockSize;
    public bool IsReadOnly => false;
    public string Engine => "test";
    public int QueueDepth => content.QueueDepth;
    public bool Writethrough { get; set; }
    public SafeHandle? Completions => null;

    public static VirtioDevice Make()
    {
        Random random = new(1);
        byte[] headers = new byte[Size];
        for (int at = 512; at < Size; at += 16)
        {
            MemoryMarshal.Write(headers.AsSpan(at), random.GetItems([0u, 1u, 1u, 4u, 8u, 11u, 13u, 14u], 1)[0]);
            MemoryMarshal.Write(headers.AsSpan(at + 8), random.GetItems([0ul, 1ul, 100ul, 127ul, 128ul, ulong.MaxValue], 1)[0]);
        }
        return new BlockDevice("disk0", new ForgetfulDisk(Open(headers), Open(new byte[Size])), "fuzz"u8, new(BytesPerSecond: 1L << 50), TimeProvider.System);
    }

    public void Queue(in BlockRequest request) => (request.Operation == BlockOperation.Read ? content : scratch).Queue(request);

    public void Submit()
    {
        content.Submit();
        scratch.Submit();
    }

    public bool TryComplete(out BlockCompletion completion) => content.TryComplete(out completion) || scratch.TryComplete(out completion);

    public void Wait()
    {
    }

    public void Dispose()
    {
        content.Dispose();
        scratch.Dispose();
    }

    // In memory, as what is fuzzed is not the host's disk; the open file outlives its name.
    static IBlockBackend Open(byte[] bytes)
    {
        string path = $"/dev/shm/pstoyvmm-{Guid.NewGuid():n}";
        File.WriteAllBytes(path, bytes);
        try
        {
            return DiskBackend.Open(path, DiskAccess.ReadWrite, raw: true, BlockDevice.QueueSize, allowRing: false);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
