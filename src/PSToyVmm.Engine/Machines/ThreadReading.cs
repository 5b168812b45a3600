namespace PSToyVmm.Engine.Machines;

/// <summary>What a thread of a machine does.</summary>
public enum ThreadRole
{
    /// <summary>Runs a vCPU and serves its exits.</summary>
    Processor,
    /// <summary>Serves a virtio device.</summary>
    Device,
}

/// <summary>A thread of a machine, and what it has cost in this run.</summary>
/// <param name="VmName">The machine.</param>
/// <param name="Name">What it runs: <c>vcpu0</c>, <c>disk0</c>.</param>
/// <param name="Role">What it does.</param>
/// <param name="ThreadId">The kernel's number, as <c>top -H</c> shows it.</param>
/// <param name="ProcessorTime">Time of a host's processor, in the guest and out of it.</param>
public sealed record ThreadReading(string VmName, string Name, ThreadRole Role, int ThreadId, TimeSpan ProcessorTime);
