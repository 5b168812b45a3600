namespace PSToyVmm.Engine.Machines;

/// <summary>A virtio device of a machine that runs, or of its last run, and what it has done.</summary>
/// <param name="VmName">The machine's.</param>
/// <param name="Name">The device's: <c>disk0</c>.</param>
/// <param name="Backend">What serves it on the host: <c>io_uring</c>, for example.</param>
/// <param name="State">How far the guest's driver is with it.</param>
/// <param name="Requests">Buffers taken from its queues in this run of the machine.</param>
/// <param name="Interrupts">Interrupts for used buffers.</param>
/// <param name="Faults">How often the guest broke it.</param>
/// <param name="Counters">What it counts itself, in its own order.</param>
public sealed record DeviceReading(string VmName, string Name, string Backend, DeviceState State, long Requests, long Interrupts, long Faults, IReadOnlyDictionary<string, long> Counters);
