using System.Runtime.InteropServices;

namespace PSToyVmm.Engine.Virtio;

/// <summary>
/// A console (virtio 1.2, 5.3) of one port, Linux's hvc0. Output is taken as it comes. Input waits on the host until the guest
/// has a buffer for it, so that none is lost. The size of the terminal is in the configuration space, and each change
/// of it an interrupt.
/// </summary>
/// <remarks>
/// Not offered are more ports: of a console with one, Linux reads the size where it is here (virtio_console.c, config_work_handler).
/// Nor the emergency write: Linux's driver knows nothing of it.
/// </remarks>
sealed class ConsoleDevice(IConsolePort port) : VirtioDevice
{
    /// <summary>The terminal's size is known (VIRTIO_CONSOLE_F_SIZE).</summary>
    public const ulong SizeFeature = 1;

    /// <summary>Its queues: receiveq and transmitq, named as the driver sees them.</summary>
    public const int ReceiveQueue = 0, TransmitQueue = 1;

    // The device's gate is free now and then though a guest writes without end.
    const ulong MostBytesInTurn = 16 << 20;

    // A segment may be longer than a span can be.
    const uint LongestPiece = 1 << 30;

    readonly DescriptorChain _chain = new();
    long _bytesRead, _bytesWritten, _resizes;

    /// <inheritdoc/>
    public override string Label => "console";

    /// <inheritdoc/>
    public override uint DeviceId => 3;

    /// <inheritdoc/>
    public override ulong Features => SizeFeature;

    /// <inheritdoc/>
    public override IReadOnlyList<ushort> QueueSizes { get; } = [64, 64]; // Linux puts a page into each place of the first

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, long Value)> ReadCounters() =>
        [("BytesRead", _bytesRead), ("BytesWritten", _bytesWritten), ("Waiting", port.Waiting), ("Resizes", _resizes)];

    /// <summary>There is new input. From any thread.</summary>
    public void NotifyInput() => Wake(ReceiveQueue);

    /// <summary>The terminal's size is another, or is to be told anew. From any thread.</summary>
    public void NotifySize()
    {
        Interlocked.Increment(ref _resizes);
        ConfigChanged();
    }

    /// <inheritdoc/>
    public override void ReadConfig(ulong offset, Span<byte> data)
    {
        (ushort columns, ushort rows) = port.Size;
        ConsoleConfig config = new() { Columns = columns, Rows = rows, MostPorts = 1 };
        CopyConfig(MemoryMarshal.AsBytes(new ReadOnlySpan<ConsoleConfig>(in config)), offset, data);
    }

    /// <summary>Linux looks at the size only when it changes: so it does for a driver that has just come.</summary>
    public override void Start()
    {
        if (port.Size != default) ConfigChanged();
    }

    /// <inheritdoc/>
    public override void OnQueue(int queue)
    {
        if (Queues[queue] is not { } buffers) return;
        if (queue == ReceiveQueue) GiveInput(buffers);
        else TakeOutput(buffers);
    }

    void GiveInput(Virtqueue buffers)
    {
        while (port.Waiting > 0 && buffers.TryPop(_chain)) buffers.Push(_chain.Head, Fill());
    }

    uint Fill()
    {
        uint filled = 0;
        foreach (ref readonly Segment segment in _chain.Writable)
        {
            int length = (int)Math.Min(segment.Length, LongestPiece), taken = port.Read(Memory.Slice(segment.Address, length));
            filled += (uint)taken;
            if (taken < segment.Length) break;
        }
        _bytesRead += filled;
        return filled;
    }

    void TakeOutput(Virtqueue buffers)
    {
        for (ulong taken = 0; taken < MostBytesInTurn; taken += _chain.ReadableBytes)
        {
            if (!buffers.TryPop(_chain)) return;
            foreach (ref readonly Segment segment in _chain.Readable)
                for (ulong done = 0; done < segment.Length; done += LongestPiece)
                    port.Write(Memory.Slice(segment.Address + done, (int)Math.Min(segment.Length - done, LongestPiece)));
            _bytesWritten += (long)_chain.ReadableBytes;
            buffers.Push(_chain.Head, 0);
        }
        Wake(TransmitQueue);
    }
}
