namespace PSToyVmm.Engine.Vcpus;

/// <summary>Why a vCPU left the guest, as the statistics name it.</summary>
public enum ExitKind : byte
{
    /// <summary>An I/O port was read.</summary>
    IoIn = 1,
    /// <summary>An I/O port was written.</summary>
    IoOut,
    /// <summary>An address without RAM was read.</summary>
    MmioRead,
    /// <summary>An address without RAM was written.</summary>
    MmioWrite,
    /// <summary>A signal or a kick interrupted the guest.</summary>
    Interrupted,
    /// <summary>HLT that the kernel did not handle.</summary>
    Halt,
    /// <summary>The processor shut down (triple fault).</summary>
    Shutdown,
    /// <summary>KVM reported a reset, a shutdown or a crash.</summary>
    SystemEvent,
    /// <summary>KVM failed, or an exit this VMM did not ask for.</summary>
    Failure,
}
