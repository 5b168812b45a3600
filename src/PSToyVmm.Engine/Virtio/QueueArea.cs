namespace PSToyVmm.Engine.Virtio;

/// <summary>The three parts of a queue, each with an address (virtio 1.2, 2.6).</summary>
enum QueueArea
{
    /// <summary>The descriptor table.</summary>
    Descriptors,
    /// <summary>The available ring.</summary>
    Driver,
    /// <summary>The used ring.</summary>
    Device,
}
