namespace PSToyVmm.Engine.Virtio;

/// <summary>What a device's thread can wait for at a handle: poll(2)'s bits.</summary>
[Flags]
enum SourceEvents : short
{
    /// <summary>Nothing.</summary>
    None = 0,
    /// <summary>There is something to read.</summary>
    Readable = 1,
    /// <summary>There is room to write.</summary>
    Writable = 4,
}
