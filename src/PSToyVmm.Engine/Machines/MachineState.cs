namespace PSToyVmm.Engine.Machines;

/// <summary>Where a machine is in its life.</summary>
public enum MachineState
{
    /// <summary>Not running; it may be started.</summary>
    Off,
    /// <summary>Memory is laid out and vCPUs are made.</summary>
    Starting,
    /// <summary>vCPUs run.</summary>
    Running,
    /// <summary>vCPUs are held between two instructions.</summary>
    Paused,
    /// <summary>It was asked to end.</summary>
    Stopping,
    /// <summary>It ended by a fault; <c>StopReason</c> and <c>Status</c> say which. It may be started again.</summary>
    Faulted,
}
