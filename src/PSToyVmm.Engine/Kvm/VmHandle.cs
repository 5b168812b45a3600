using PSToyVmm.Engine.Kvm.Structs;
using PSToyVmm.Engine.Native;

namespace PSToyVmm.Engine.Kvm;

/// <summary>A machine of KVM: one member per ioctl, named as the KVM API manual names them.</summary>
sealed unsafe class VmHandle(int descriptor) : KvmHandle(descriptor)
{
    /// <summary>Where Intel's KVM keeps a task state segment for real mode: three pages that no guest uses, below the BIOS.</summary>
    public void SetTssAddress(ulong address) => Call(Ioctl.Plain(0x47), (nint)address);

    /// <summary>And its page of identity-mapped page tables.</summary>
    public void SetIdentityMapAddress(ulong address) => Set(Ioctl.Writes<ulong>(0x48), address);

    public void SetUserMemoryRegion(in KvmUserspaceMemoryRegion region) => Set(Ioctl.Writes<KvmUserspaceMemoryRegion>(0x46), region);

    /// <summary>Lets APIC ids have 32 bits, in interrupt messages and in what KVM_GET_LAPIC returns (KVM_CAP_X2APIC_API). Before any vCPU.</summary>
    public void EnableX2ApicIds() => Set(Ioctl.Writes<KvmEnableCap>(0xa3), new KvmEnableCap
    {
        Capability = (uint)KvmCapability.X2ApicApi,
        Argument0 = KvmEnableCap.Use32BitIds | KvmEnableCap.DisableBroadcastQuirk,
    });

    /// <summary>Two PICs, an I/O APIC, and a local APIC for each vCPU made after it.</summary>
    public void CreateIrqchip() => Call(Ioctl.Plain(0x60));

    public void CreatePit2(in KvmPitConfig config) => Set(Ioctl.Writes<KvmPitConfig>(0x77), config);

    public VcpuHandle CreateVcpu(int index, int mappingSize) => new(Call(Ioctl.Plain(0x41), index), mappingSize);

    /// <summary>On the exit path: no exception, no allocation. A line that the in-kernel irqchip has cannot be refused.</summary>
    public void SetIrqLine(uint irq, bool level)
    {
        KvmIrqLevel line = new() { Irq = irq, Level = level ? 1u : 0u };
        _ = Libc.ioctl(this, Ioctl.Writes<KvmIrqLevel>(0x61).Code, (nint)(&line));
    }

    /// <summary>A guest's 32-bit write of this value to this address signals the eventfd and goes on: no exit to the VMM.</summary>
    public void AssignIoEventFd(ulong address, uint value, EventFd eventFd) => Set(Ioctl.Writes<KvmIoEventFd>(0x79), new KvmIoEventFd
    {
        Address = address,
        Length = sizeof(uint),
        DataMatch = value,
        Descriptor = eventFd.Descriptor,
        Flags = KvmIoEventFd.MatchesData,
    });

    /// <summary>Signalling the eventfd is an edge at this input.</summary>
    public void AssignIrqFd(EventFd eventFd, uint irq) =>
        Set(Ioctl.Writes<KvmIrqFd>(0x76), new KvmIrqFd { Descriptor = (uint)eventFd.Descriptor, Irq = irq });

    /// <summary>Whether the guest has switched on this input of the I/O APIC: somebody listens there.</summary>
    public bool IsIrqUnmasked(uint pin)
    {
        KvmIrqchip chip = new() { ChipId = KvmIrqchip.IoApic };
        Call(Ioctl.Exchanges<KvmIrqchip>(0x62), (nint)(&chip));
        return chip.IsUnmasked(pin);
    }

    /// <summary>KVM's own counters for the machine; null where this kernel does not offer them.</summary>
    public KvmStatistics? TryOpenStatistics() => KvmStatistics.TryOpen(this);
}
