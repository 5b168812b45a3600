using PSToyVmm.Engine.Bus;
using PSToyVmm.Engine.Kvm;

namespace PSToyVmm.Engine.Machines;

/// <summary>
/// An input of the in-kernel PIC and I/O APIC, pulsed by KVM_IRQ_LINE. Not by an irqfd: for the legacy chips KVM defers
/// an irqfd to a kernel worker, where this is in the APIC before the vCPU that caused it enters its guest again.
/// </summary>
sealed class KvmInterruptLine(VmHandle vm, uint gsi) : IInterruptLine
{
    public void Pulse()
    {
        vm.SetIrqLine(gsi, true);
        vm.SetIrqLine(gsi, false);
    }
}
