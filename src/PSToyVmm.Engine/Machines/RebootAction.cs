namespace PSToyVmm.Engine.Machines;

/// <summary>What a machine does when its guest resets it.</summary>
public enum RebootAction
{
    /// <summary>It starts again in place, as a machine on a desk does: same object, same console, a fresh run.</summary>
    Restart,
    /// <summary>It is off.</summary>
    Stop,
}
