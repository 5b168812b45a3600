namespace PSToyVmm.Engine.Kvm;

/// <summary>KVM_EXIT_*: why KVM_RUN returned (KVM API, section 5).</summary>
enum ExitReason : uint
{
    Unknown = 0,
    Exception = 1,
    Io = 2,
    Hypercall = 3,
    Debug = 4,
    Hlt = 5,
    Mmio = 6,
    IrqWindowOpen = 7,
    Shutdown = 8,
    FailEntry = 9,
    Intr = 10,
    SetTpr = 11,
    TprAccess = 12,
    Nmi = 16,
    InternalError = 17,
    SystemEvent = 24,
    IoapicEoi = 26,
    Hyperv = 27,
    Rdmsr = 29,
    Wrmsr = 30,
    DirtyRingFull = 31,
    BusLock = 33,
    Notify = 37,
    MemoryFault = 39,
}
