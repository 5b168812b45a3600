namespace PSToyVmm.Engine.Kvm;

/// <summary>KVM_CAP_* of linux/kvm.h: those that a machine needs, or uses where they are there.</summary>
enum KvmCapability
{
    Irqchip = 0,
    UserMemory = 3,
    SetTssAddr = 4,
    ExtCpuid = 7,
    NrVcpus = 9,
    MpState = 14,
    Irqfd = 32,
    Pit2 = 33,
    SetIdentityMapAddr = 37,
    IoEventFd = 36,
    VcpuEvents = 41,
    MaxVcpus = 66,
    TscDeadlineTimer = 72,
    X2ApicApi = 129,
    ImmediateExit = 136,
    BinaryStatsFd = 203,
}
