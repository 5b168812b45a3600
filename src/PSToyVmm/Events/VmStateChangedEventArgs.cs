using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>A machine came to another state. All is as it was then; the machine may be further by now.</summary>
public sealed class VmStateChangedEventArgs : VmEventArgs
{
    internal VmStateChangedEventArgs(VirtualMachine vm, MachineStateChange change) : base(vm) =>
        (State, Previous, StopReason, Status) = (change.State, change.Previous, change.StopReason, change.Status);

    /// <summary>Where it came to.</summary>
    public MachineState State { get; }

    /// <summary>Where it was before.</summary>
    public MachineState Previous { get; }

    /// <summary>Why its last run ended; None before the first end.</summary>
    public StopReason StopReason { get; }

    /// <summary>A sentence about the state.</summary>
    public string Status { get; }

    /// <summary>The machine and its states.</summary>
    public override string ToString() => $"{VmName}: {Previous} -> {State}";
}
