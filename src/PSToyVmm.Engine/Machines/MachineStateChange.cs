namespace PSToyVmm.Engine.Machines;

/// <summary>A step in a machine's life, as it was then: a listener may hear of it later.</summary>
/// <param name="State">Where it came to.</param>
/// <param name="Previous">Where it was before; the same where only the sentence about it changed.</param>
/// <param name="StopReason">Why its last run ended; None before the first end.</param>
/// <param name="Status">A sentence about the state.</param>
public sealed record MachineStateChange(MachineState State, MachineState Previous, StopReason StopReason, string Status);
