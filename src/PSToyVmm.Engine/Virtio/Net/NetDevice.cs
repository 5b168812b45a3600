using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace PSToyVmm.Engine.Virtio.Net;

/// <summary>
/// A network card (virtio 1.2, 5.1) with one pair of queues. Frames go between guest memory and the host in one system call
/// each, and without a copy where the backend can; many of them share an interrupt. It filters no addresses: the wire has only
/// what is for this guest, and what bridges flood.
/// </summary>
sealed partial class NetDevice : VirtioDevice
{
    /// <summary>Buffers that a driver can have in each queue.</summary>
    public const int QueueSize = 256;

    /// <summary>Bytes of the largest frame: 65550 with segments, header not included (5.1.6.2).</summary>
    public const int LargestFrame = 65550;

    /// <summary>Bytes of a hardware address.</summary>
    public const int MacSize = 6;

    const int Receiving = 0, Sending = 1;

    // Frames of a turn: then whatever else wanted the device has its own, and the driver learns of these.
    const int Batch = 64;

    // An Ethernet header and a VLAN's tag.
    const int FrameOverhead = 18;

    readonly INetBackend _backend;
    readonly SafeHandle[] _sources;
    readonly byte[] _config = new byte[Unsafe.SizeOf<NetConfig>()];
    readonly DescriptorChain _chain = new();
    readonly IoVector[] _sendVectors = GC.AllocateArray<IoVector>(QueueSize, pinned: true);
    readonly byte[] _spill = GC.AllocateArray<byte>(NetHeader.Size + LargestFrame, pinned: true);
    readonly IoVector _wholeSpill;
    readonly IoVector[] _discard = GC.AllocateArray<IoVector>(1, pinned: true);
    volatile bool _isLinkUp, _isBackendLost;
    ulong _agreed;
    bool _isBlocked;

    /// <summary>Makes one.</summary>
    /// <param name="label">For users.</param>
    /// <param name="backend">Goes with the device.</param>
    /// <param name="mac">The guest's address: 6 bytes.</param>
    /// <param name="isLinkUp">Whether the cable is plugged in. Can be changed later.</param>
    public NetDevice(string label, INetBackend backend, ReadOnlySpan<byte> mac, bool isLinkUp)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(mac.Length, MacSize);
        (Label, _backend, _sources, _isLinkUp) = (label, backend, [backend.Handle], isLinkUp);
        MemoryMarshal.Write(_config, new NetConfig { QueuePairs = 1, Mtu = backend.Mtu });
        mac.CopyTo(_config);
        _wholeSpill = new() { Base = Marshal.UnsafeAddrOfPinnedArrayElement(_spill, 0), Length = (nuint)_spill.Length };
        _discard[0] = _wholeSpill;
        if (!isLinkUp) backend.SetCarrier(false);
    }

    /// <inheritdoc/>
    public override string Label { get; }

    /// <inheritdoc/>
    public override uint DeviceId => 1;

    /// <inheritdoc/>
    public override ulong Features => NetFeature.Mac | NetFeature.Status | NetFeature.Mtu | NetFeature.MergeBuffers | _backend.Offloads;

    /// <inheritdoc/>
    public override IReadOnlyList<ushort> QueueSizes { get; } = [QueueSize, QueueSize];

    /// <inheritdoc/>
    public override IReadOnlyList<SafeHandle> Sources => _sources;

    /// <inheritdoc/>
    public override string Backend => _backend.Engine;

    /// <summary>What it has done.</summary>
    public NetCounters Counters { get; } = new();

    /// <summary>Whether the cable is plugged in. While it is not, frames are lost in both directions. From any thread.</summary>
    public bool IsLinkUp
    {
        get => _isLinkUp;
        set
        {
            if (_isLinkUp == value) return;
            _isLinkUp = value;
            _backend.SetCarrier(value);
            ConfigChanged();
            Wake(Receiving); // what its thread waits for is another now
        }
    }

    bool CanPass => _isLinkUp && !_isBackendLost;

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, long Value)> ReadCounters() => Counters.Read(_backend.HostDropped);

    /// <inheritdoc/>
    public override void ReadConfig(ulong offset, Span<byte> data)
    {
        NetConfig config = MemoryMarshal.Read<NetConfig>(_config) with { Status = CanPass ? NetConfig.LinkUp : (ushort)0 };
        CopyConfig(MemoryMarshal.AsBytes(new ReadOnlySpan<NetConfig>(in config)), offset, data);
    }

    /// <inheritdoc/>
    public override void Start()
    {
        _agreed = Control!.Features;
        // Segments without checksums are no offer of the device's (5.1.3.1): a driver that asks for them gets whole frames.
        _backend.UseOffloads(Has(NetFeature.GuestChecksum) ? _agreed : 0);
        _largest = NetHeader.Size + ((_agreed & NetFeature.GuestSegments) != 0 ? LargestFrame : (ulong)_backend.Mtu + FrameOverhead);
        _wantedRoom = Has(NetFeature.MergeBuffers) ? _largest + 1 : 1;
    }

    /// <inheritdoc/>
    public override void OnQueue(int queue)
    {
        if (queue == Receiving) Receive();
        else if (!_isBlocked) Send();
    }

    /// <inheritdoc/>
    public override SourceEvents Awaits(int source)
    {
        if (_isBackendLost) return SourceEvents.None;
        SourceEvents wanted = CanReceive ? SourceEvents.Readable : SourceEvents.None;
        return _isBlocked || _backend.IsSending ? wanted | SourceEvents.Writable : wanted;
    }

    /// <inheritdoc/>
    public override void OnSource(int source)
    {
        if (_isBlocked || _backend.IsSending)
        {
            _backend.Flush();
            _isBlocked = false;
            Send();
        }
        Receive();
    }

    /// <inheritdoc/>
    public override TimeSpan? TimeUntilTimer() => _backend.HasFrames && CanReceive ? TimeSpan.Zero : null;

    /// <inheritdoc/>
    public override void OnTimer() => Receive();

    /// <inheritdoc/>
    public override void Quiesce() => ReturnBuffers();

    /// <inheritdoc/>
    public override void Reset() => (_isBlocked, _agreed) = (false, 0);

    /// <inheritdoc/>
    public override void Dispose()
    {
        _backend.Dispose();
        base.Dispose();
    }

    // The host's end of the wire is gone: for the guest, the cable is.
    void CheckBackend()
    {
        if (_isBackendLost || _backend.Failure is not { } failure) return;
        _isBackendLost = true;
        Note($"{Label}: {failure}; its link is down until the machine starts again.");
        ConfigChanged();
    }
}
