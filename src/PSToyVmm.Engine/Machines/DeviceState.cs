namespace PSToyVmm.Engine.Machines;

/// <summary>How far a guest's driver is with a virtio device.</summary>
public enum DeviceState
{
    /// <summary>No driver has found it, or it was reset.</summary>
    Idle,
    /// <summary>A driver sets it up.</summary>
    Starting,
    /// <summary>In use.</summary>
    Running,
    /// <summary>Its driver has given it up.</summary>
    Failed,
    /// <summary>The guest did what no driver may; it waits for a reset.</summary>
    NeedsReset,
}
