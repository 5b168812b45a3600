namespace PSToyVmm.Engine.Virtio;

/// <summary>Feature bits that belong to no type of device (virtio 1.2, 6). Queues and transports know them, devices need not.</summary>
static class VirtioFeature
{
    /// <summary>A descriptor may refer to a table of descriptors (VIRTIO_F_INDIRECT_DESC).</summary>
    public const ulong IndirectDescriptors = 1ul << 28;

    /// <summary>Each side says from which index on it wants to be told (VIRTIO_F_EVENT_IDX).</summary>
    public const ulong EventIndex = 1ul << 29;

    /// <summary>No legacy interface (VIRTIO_F_VERSION_1). A driver that does not accept it is refused.</summary>
    public const ulong Version1 = 1ul << 32;

    /// <summary>What every device here offers.</summary>
    public const ulong OfEveryDevice = IndirectDescriptors | EventIndex | Version1;
}
