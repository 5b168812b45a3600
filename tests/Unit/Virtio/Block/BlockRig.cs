using System.Runtime.InteropServices;
using PSToyVmm.Engine.Backends;
using PSToyVmm.Engine.Virtio;
using PSToyVmm.Engine.Virtio.Block;
using static PSToyVmm.Tests.Unit.Virtio.GuestBuffer;

namespace PSToyVmm.Tests.Unit.Virtio.Block;

/// <summary>A guest with a disk: requests as Linux's virtio_blk makes them, and the status that comes back.</summary>
sealed class BlockRig : IDisposable
{
    public const byte Ok = 0, IoError = 1, Unsupported = 2, Unanswered = 0xff;
    public const uint In = 0, Out = 1, Flush = 4, GetId = 8, Discard = 11, WriteZeroes = 13;
    const uint Slots = 64, DataSize = 1 << 17;

    readonly bool _threaded;

    public BlockRig(string path, string engine = "pread/pwrite", bool readOnly = false, RateLimit? limit = null, TimeProvider? clock = null,
        ulong features = ulong.MaxValue, string serial = "serial-0815", bool writethrough = false)
    {
        IBlockBackend backend = DiskBackend.Open(path, engine == "snapshot" ? DiskAccess.Snapshot : readOnly ? DiskAccess.ReadOnly : DiskAccess.ReadWrite,
            raw: true, BlockDevice.QueueSize, allowRing: engine == "io_uring");
        backend.Writethrough = writethrough;
        Device = new("disk0", backend, System.Text.Encoding.ASCII.GetBytes(serial), limit ?? RateLimit.None, clock ?? TimeProvider.System);
        _threaded = backend.Completions is not null; // whose end only its thread hears of
        Driver = new GuestDriver(Device, memory: 32 << 20, threaded: _threaded).Start(features);
        Backend = backend;
        Allocate();
    }

    public BlockDevice Device { get; }
    public IBlockBackend Backend { get; }
    public GuestDriver Driver { get; }
    public GuestQueue Queue => Driver.Queues[0];

    /// <summary>Where each request has its header, status and data.</summary>
    public ulong HeaderAt { get; private set; }
    public ulong StatusAt { get; private set; }
    public ulong DataAt { get; private set; }

    public Span<byte> Data(int length, uint slot = 0) => Driver.Memory.Slice(new(DataAt + (slot * DataSize)), length);

    public byte Status(uint slot = 0) => Driver.Memory.Slice(new(StatusAt + slot), 1)[0];

    /// <summary>Offers a request; it is not kicked.</summary>
    public ushort Offer(uint type, ulong sector, uint length = 0, uint slot = 0, uint pieces = 1)
    {
        ulong header = HeaderAt + (slot * 16), data = DataAt + (slot * DataSize);
        Driver.Memory.Ref<uint>(new(header)) = type;
        Driver.Memory.Ref<ulong>(new(header + 8)) = sector;
        Driver.Memory.Slice(new(StatusAt + slot), 1)[0] = Unanswered;
        Span<GuestBuffer> parts = stackalloc GuestBuffer[(int)pieces + 2];
        parts[0] = ToRead(header, 16);
        bool isWritten = type is In or GetId;
        int count = 1;
        for (uint i = 0; length > 0 && i < pieces; i++)
        {
            uint at = length / pieces * i, size = i == pieces - 1 ? length - at : length / pieces;
            parts[count++] = new(data + at, size, isWritten);
        }
        parts[count++] = ToWrite(StatusAt + slot, 1);
        return Queue.Add(parts[..count]);
    }

    /// <summary>Makes a request and waits for its end.</summary>
    public byte Request(uint type, ulong sector = 0, uint length = 0, uint pieces = 1)
    {
        Offer(type, sector, length, pieces: pieces);
        Take();
        return Status();
    }

    /// <summary>Kicks, and takes the next used buffer.</summary>
    public (ushort Head, uint Written) Take()
    {
        Queue.Kick();
        if (_threaded) return Driver.Await(Queue);
        Driver.Run();
        return Queue.TryTake(out ushort head, out uint written) ? (head, written) : throw new InvalidOperationException($"no request ended; {Driver.Status}");
    }

    public byte Range(uint type, ulong sector, uint sectors, uint flags = 0)
    {
        Span<byte> data = Data(16);
        MemoryMarshal.Write(data, sector);
        MemoryMarshal.Write(data[8..], sectors);
        MemoryMarshal.Write(data[12..], flags);
        return Request(type, 0, 16);
    }

    /// <summary>Begins anew, as after a guest's reboot.</summary>
    public void Restart(ulong features = ulong.MaxValue)
    {
        Driver.Start(features);
        Allocate();
    }

    public void Dispose() => Driver.Dispose();

    void Allocate() => (HeaderAt, StatusAt, DataAt) = (Driver.Allocate(Slots * 16), Driver.Allocate(Slots), Driver.Allocate(Slots * DataSize, 4096));
}
