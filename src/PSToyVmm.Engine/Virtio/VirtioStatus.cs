namespace PSToyVmm.Engine.Virtio;

/// <summary>How far a driver and its device have come (virtio 1.2, 2.1).</summary>
[Flags]
enum VirtioStatus : byte
{
    /// <summary>After a reset.</summary>
    None = 0,
    /// <summary>The guest has noticed the device.</summary>
    Acknowledge = 1,
    /// <summary>It has a driver for it.</summary>
    Driver = 2,
    /// <summary>The driver is ready: the device works.</summary>
    DriverOk = 4,
    /// <summary>Features are agreed on. The device refuses by not setting it.</summary>
    FeaturesOk = 8,
    /// <summary>Set by the device: it met something that it cannot go on from, and does nothing until it is reset.</summary>
    NeedsReset = 64,
    /// <summary>The driver has given up.</summary>
    Failed = 128,
}
