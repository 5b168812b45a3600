namespace PSToyVmm.Engine.Memory;

/// <summary>What guest RAM is made of on the host.</summary>
public enum MemoryBacking
{
    /// <summary>Memory of this process alone.</summary>
    Anonymous,
    /// <summary>A memfd: other processes may map it (by /proc), and it is gone when nobody does any more.</summary>
    Shared,
    /// <summary>A file: others may map it, and what the guest left in it stays when the machine has ended.</summary>
    File,
}
