using System.Runtime.CompilerServices;

namespace PSToyVmm.Engine.Kvm.Structs;

/// <summary>x87 and SSE state (KVM_SET_FPU).</summary>
[NativeName("struct kvm_fpu", "linux/kvm.h")]
struct KvmFpu
{
    public X87Registers Fpr;
    public ushort Fcw, Fsw;
    public byte Ftwx, Padding1;
    public ushort LastOpcode;
    public ulong LastIp, LastDp;
    public SseRegisters Xmm;
    public uint Mxcsr, Padding2;
}

/// <summary>Eight x87 registers of sixteen bytes.</summary>
[InlineArray(8 * 16)]
struct X87Registers
{
    byte _first;
}

/// <summary>Sixteen SSE registers of sixteen bytes.</summary>
[InlineArray(16 * 16)]
struct SseRegisters
{
    byte _first;
}
