using PSToyVmm.Engine.Kvm.Structs;

namespace PSToyVmm.Engine.Machines;

/// <summary>A processor's registers at one moment, all of it between the same two instructions.</summary>
public sealed class ProcessorRegisters
{
    internal ProcessorRegisters(string vmName, int processor, in KvmRegs general, in KvmSregs special, ulong kernelGsBase)
    {
        (VmName, Processor, KernelGsBase) = (vmName, processor, kernelGsBase);
        (Rax, Rbx, Rcx, Rdx) = (general.Rax, general.Rbx, general.Rcx, general.Rdx);
        (Rsi, Rdi, Rbp, Rsp) = (general.Rsi, general.Rdi, general.Rbp, general.Rsp);
        (R8, R9, R10, R11) = (general.R8, general.R9, general.R10, general.R11);
        (R12, R13, R14, R15) = (general.R12, general.R13, general.R14, general.R15);
        (Rip, Rflags) = (general.Rip, general.Rflags);
        (Cs, Ds, Es, Fs) = (SegmentRegister.Of(special.Cs), SegmentRegister.Of(special.Ds), SegmentRegister.Of(special.Es), SegmentRegister.Of(special.Fs));
        (Gs, Ss, Tr, Ldt) = (SegmentRegister.Of(special.Gs), SegmentRegister.Of(special.Ss), SegmentRegister.Of(special.Tr), SegmentRegister.Of(special.Ldt));
        (Gdt, Idt) = (new(special.Gdt.Base, special.Gdt.Limit), new(special.Idt.Base, special.Idt.Limit));
        (Cr0, Cr2, Cr3, Cr4) = (special.Cr0, special.Cr2, special.Cr3, special.Cr4);
        (Cr8, Efer, ApicBase) = (special.Cr8, special.Efer, special.ApicBase);
    }

    /// <summary>The machine.</summary>
    public string VmName { get; }

    /// <summary>The processor's number.</summary>
    public int Processor { get; }

#pragma warning disable CS1591 // they are called as the processor's manual calls them
    public ulong Rax { get; }
    public ulong Rbx { get; }
    public ulong Rcx { get; }
    public ulong Rdx { get; }
    public ulong Rsi { get; }
    public ulong Rdi { get; }
    public ulong Rbp { get; }
    public ulong Rsp { get; }
    public ulong R8 { get; }
    public ulong R9 { get; }
    public ulong R10 { get; }
    public ulong R11 { get; }
    public ulong R12 { get; }
    public ulong R13 { get; }
    public ulong R14 { get; }
    public ulong R15 { get; }
    public ulong Rip { get; }
    public ulong Rflags { get; }
    public SegmentRegister Cs { get; }
    public SegmentRegister Ds { get; }
    public SegmentRegister Es { get; }
    public SegmentRegister Fs { get; }
    public SegmentRegister Gs { get; }
    public SegmentRegister Ss { get; }
    public SegmentRegister Tr { get; }
    public SegmentRegister Ldt { get; }
    public TableRegister Gdt { get; }
    public TableRegister Idt { get; }
    public ulong Cr0 { get; }
    public ulong Cr2 { get; }
    public ulong Cr3 { get; }
    public ulong Cr4 { get; }
    public ulong Cr8 { get; }
    public ulong Efer { get; }
    public ulong ApicBase { get; }
    public ulong KernelGsBase { get; }
#pragma warning restore CS1591
}
