namespace PSToyVmm.Engine.Virtio;

/// <summary>A source of random bytes (virtio 1.2, 5.4): every buffer of its one queue comes back full of them.</summary>
sealed class EntropyDevice(IEntropySource source) : VirtioDevice
{
    // Linux asks for 64 bytes at a time; a guest that asks for its whole memory has it in pieces, and its device's gate is free between them.
    const int MostBytes = 64 << 10;

    readonly DescriptorChain _chain = new();

    /// <inheritdoc/>
    public override string Label => "rng";

    /// <inheritdoc/>
    public override uint DeviceId => 4;

    /// <inheritdoc/>
    public override IReadOnlyList<ushort> QueueSizes { get; } = [64];

    /// <inheritdoc/>
    public override void OnQueue(int queue)
    {
        if (Queues[queue] is not { } requests) return;
        while (requests.TryPop(_chain)) requests.Push(_chain.Head, Fill());
    }

    // At least one byte of what is asked for, not all of it (5.4.6.1): the driver asks again.
    uint Fill()
    {
        int written = 0;
        foreach (ref readonly Segment segment in _chain.Writable)
        {
            int length = (int)Math.Min(segment.Length, (uint)(MostBytes - written));
            source.Fill(Memory.Slice(segment.Address, length));
            written += length;
        }
        return (uint)written;
    }
}
