using System.Runtime.CompilerServices;

namespace PSToyVmm.Engine.Kvm.Structs;

/// <summary>The local APIC's register page (KVM_GET_LAPIC, KVM_SET_LAPIC).</summary>
[NativeName("struct kvm_lapic_state", "linux/kvm.h")]
struct KvmLapicState
{
    public LapicRegisters Regs;
}

/// <summary>0x400 bytes, a 32-bit register every sixteen.</summary>
[InlineArray(0x400)]
struct LapicRegisters
{
    byte _first;
}
