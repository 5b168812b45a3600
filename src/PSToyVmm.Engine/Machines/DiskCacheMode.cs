namespace PSToyVmm.Engine.Machines;

/// <summary>When what a guest wrote is on the host's disk.</summary>
public enum DiskCacheMode
{
    /// <summary>When the guest flushes, as it does where it matters to it. The guest may change this.</summary>
    Writeback,
    /// <summary>When each write ends. The guest may change this.</summary>
    Writethrough,
}
