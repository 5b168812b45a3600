using System.Numerics;
using System.Runtime.InteropServices;
using PSToyVmm.Engine.Memory;

namespace PSToyVmm.Engine.Virtio.Block;

/// <summary>
/// A disk (virtio 1.2, 5.2). A turn takes all requests that are there, hands those that are sound to the backend together,
/// and gives back what has ended, in whatever order: one system call and one interrupt for a batch. What it needs for a
/// request is made with the device and used again.
/// </summary>
sealed partial class BlockDevice : VirtioDevice
{
    /// <summary>Requests in flight, and pieces of one: what the driver makes of its queue, less a header and a status.</summary>
    public const int QueueSize = 256, MostSegments = QueueSize - 2;

    /// <summary>Bytes of a serial number.</summary>
    public const int SerialSize = 20;

    const ulong SectorSize = 512;

    // Ranges at once: the first is only noted, for the second the host may have to write.
    const uint MostDiscarded = 1 << 22, MostZeroed = 1 << 19;

    struct Pending
    {
        public GuestAddress Status;
        public BlockOperation Operation;
        public ushort Head;
        public uint Written;
        public ulong Length;
    }

    readonly IBlockBackend _backend;
    readonly RateLimiter _limiter;
    readonly byte[] _serial;
    readonly BlockConfig _config;
    readonly SafeHandle[] _sources;
    readonly DescriptorChain _chain = new();
    readonly Pending[] _pending = new Pending[QueueSize];
    readonly int[] _free = new int[QueueSize]; // tags; the first _freeCount of them
    readonly IoVector[] _vectors = GC.AllocateArray<IoVector>(QueueSize * QueueSize, pinned: true); // QueueSize for each tag
    int _freeCount = QueueSize;
    bool _isThrottled;
    byte _writeback;

    /// <summary>Makes one.</summary>
    /// <param name="label">For users.</param>
    /// <param name="backend">Goes with the device; of a queue depth of <see cref="QueueSize"/> at least.</param>
    /// <param name="serial">Up to <see cref="SerialSize"/> ASCII characters.</param>
    /// <param name="limit">Can be changed later.</param>
    /// <param name="clock">For the limit.</param>
    public BlockDevice(string label, IBlockBackend backend, ReadOnlySpan<byte> serial, RateLimit limit, TimeProvider clock)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(backend.QueueDepth, QueueSize);
        (Label, _backend, _limiter) = (label, backend, new(limit, clock));
        _serial = new byte[SerialSize];
        serial.CopyTo(_serial);
        _sources = backend.Completions is { } completions ? [completions] : [];
        _config = Describe(backend);
        _writeback = _config.Writeback;
        for (int i = 0; i < QueueSize; i++) _free[i] = i;
    }

    /// <inheritdoc/>
    public override string Label { get; }

    /// <inheritdoc/>
    public override uint DeviceId => 2;

    /// <inheritdoc/>
    public override ulong Features =>
        BlockFeature.SegmentMaximum | BlockFeature.BlockSize | BlockFeature.Topology | BlockFeature.Flush | BlockFeature.ConfigWriteback
        | (_backend.IsReadOnly ? BlockFeature.ReadOnly : BlockFeature.Discard | BlockFeature.WriteZeroes);

    /// <inheritdoc/>
    public override IReadOnlyList<ushort> QueueSizes { get; } = [QueueSize];

    /// <inheritdoc/>
    public override IReadOnlyList<SafeHandle> Sources => _sources;

    /// <summary>What it has done.</summary>
    public BlockCounters Counters { get; } = new();

    /// <inheritdoc/>
    public override string Backend => _backend.Engine;

    /// <summary>How much it may do; from any thread. Takes effect at once.</summary>
    public RateLimit Limit
    {
        get => _limiter.Limit;
        set
        {
            _limiter.Limit = value;
            Wake(0);
        }
    }

    int InFlight => QueueSize - _freeCount;

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, long Value)> ReadCounters() => Counters.Read();

    /// <inheritdoc/>
    public override void ReadConfig(ulong offset, Span<byte> data)
    {
        BlockConfig config = _config with { Writeback = Volatile.Read(ref _writeback) };
        CopyConfig(MemoryMarshal.AsBytes(new ReadOnlySpan<BlockConfig>(in config)), offset, data);
    }

    /// <inheritdoc/>
    public override void WriteConfig(ulong offset, ReadOnlySpan<byte> data)
    {
        // Only a byte of it can be written (5.2.5), and only by who agreed on it.
        if (offset != BlockConfig.WritebackAt || data.Length != 1 || !Has(BlockFeature.ConfigWriteback)) return;
        Volatile.Write(ref _writeback, (byte)(data[0] & 1));
        if (IsStarted) ChooseDurability();
    }

    /// <inheritdoc/>
    public override void Start() => ChooseDurability();

    /// <inheritdoc/>
    public override void OnQueue(int queue)
    {
        if (Queues[0] is not { } requests) return;
        bool isWaiting = _isThrottled; // for longer than this turn
        _isThrottled = false;
        while (requests.TryPop(_chain))
        {
            if (_limiter.Delay() > TimeSpan.Zero)
            {
                requests.Unpop(1);
                _isThrottled = true;
                if (!isWaiting) Counters.Throttled++;
                break;
            }
            isWaiting = false;
            Begin(requests);
        }
        _backend.Submit();
        TakeCompletions();
    }

    /// <inheritdoc/>
    public override SourceEvents Awaits(int source) => InFlight > 0 ? SourceEvents.Readable : SourceEvents.None;

    /// <inheritdoc/>
    public override void OnSource(int source) => TakeCompletions();

    /// <inheritdoc/>
    public override TimeSpan? TimeUntilTimer() => _isThrottled ? _limiter.Delay() : null;

    /// <inheritdoc/>
    public override void OnTimer() => OnQueue(0);

    /// <inheritdoc/>
    public override void Quiesce()
    {
        while (InFlight > 0)
        {
            _backend.Wait();
            TakeCompletions();
        }
    }

    /// <inheritdoc/>
    public override void Reset() => (_isThrottled, _writeback) = (false, _config.Writeback);

    /// <inheritdoc/>
    public override void Dispose()
    {
        Quiesce(); // what is in flight has guest memory for its buffers
        _backend.Dispose();
        base.Dispose();
    }

    static BlockConfig Describe(IBlockBackend backend) => new()
    {
        Sectors = backend.Capacity / SectorSize,
        SegMax = MostSegments,
        BlockSize = (uint)SectorSize,
        PhysicalBlockExp = (byte)BitOperations.Log2(backend.BlockSize / (uint)SectorSize),
        MinIoSize = (ushort)(backend.BlockSize / SectorSize),
        Writeback = (byte)(backend.Writethrough ? 0 : 1),
        MaxDiscardSectors = MostDiscarded,
        MaxDiscardSeg = 1,
        DiscardSectorAlignment = backend.BlockSize / (uint)SectorSize,
        MaxWriteZeroesSectors = MostZeroed,
        MaxWriteZeroesSeg = 1,
        WriteZeroesMayUnmap = 1,
    };

    // Who never flushes is given writes that need no flush (5.2.5.2, 5.2.6.2).
    void ChooseDurability() =>
        _backend.Writethrough = !Has(BlockFeature.Flush) || (Has(BlockFeature.ConfigWriteback) ? Volatile.Read(ref _writeback) : _config.Writeback) == 0;
}
