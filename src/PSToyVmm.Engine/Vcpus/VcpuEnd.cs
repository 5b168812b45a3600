namespace PSToyVmm.Engine.Vcpus;

/// <summary>What ended a vCPU's loop.</summary>
enum VcpuEndKind
{
    /// <summary>It was told to stop.</summary>
    Stopped,
    /// <summary>The guest asked for a reset through KVM.</summary>
    Reset,
    /// <summary>The guest asked for power off through KVM.</summary>
    PowerOff,
    /// <summary>Triple fault.</summary>
    TripleFault,
    /// <summary>An instruction that KVM cannot emulate.</summary>
    EmulationFailure,
    /// <summary>KVM refused the processor's state.</summary>
    EntryFailure,
    /// <summary>Anything else.</summary>
    InternalError,
}

/// <summary>How a vCPU's loop ended: for a fault, a sentence, and what could be read of the processor.</summary>
sealed record VcpuEnd(VcpuEndKind Kind, string Message = "", ulong? Rip = null, byte[]? Instruction = null, string Registers = "")
{
    public static readonly VcpuEnd Stopped = new(VcpuEndKind.Stopped);
}
