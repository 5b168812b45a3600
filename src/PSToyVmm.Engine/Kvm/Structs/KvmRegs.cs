namespace PSToyVmm.Engine.Kvm.Structs;

/// <summary>General registers (KVM_GET_REGS, KVM_SET_REGS).</summary>
[NativeName("struct kvm_regs", "linux/kvm.h")]
struct KvmRegs
{
    public ulong Rax, Rbx, Rcx, Rdx, Rsi, Rdi, Rsp, Rbp;
    public ulong R8, R9, R10, R11, R12, R13, R14, R15;
    public ulong Rip, Rflags;
}
