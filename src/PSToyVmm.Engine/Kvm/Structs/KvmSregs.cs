using System.Runtime.CompilerServices;

namespace PSToyVmm.Engine.Kvm.Structs;

/// <summary>A segment register with its hidden part.</summary>
[NativeName("struct kvm_segment", "linux/kvm.h")]
struct KvmSegment
{
    public ulong Base;
    public uint Limit;
    public ushort Selector;
    public byte Type, Present, Dpl, Db, S, L, G, Avl, Unusable;
    public byte Padding;
}

/// <summary>GDTR or IDTR.</summary>
[NativeName("struct kvm_dtable", "linux/kvm.h")]
struct KvmDtable
{
    public ulong Base;
    public ushort Limit;
    public DtablePadding Padding;
}

/// <summary>Three words that KVM ignores.</summary>
[InlineArray(3)]
struct DtablePadding
{
    ushort _first;
}

/// <summary>Pending external interrupts, one bit a vector.</summary>
[InlineArray(4)]
struct InterruptBitmap
{
    ulong _first;
}

/// <summary>Special registers (KVM_GET_SREGS, KVM_SET_SREGS).</summary>
[NativeName("struct kvm_sregs", "linux/kvm.h")]
struct KvmSregs
{
    public KvmSegment Cs, Ds, Es, Fs, Gs, Ss, Tr, Ldt;
    public KvmDtable Gdt, Idt;
    public ulong Cr0, Cr2, Cr3, Cr4, Cr8, Efer, ApicBase;
    public InterruptBitmap InterruptBitmap;
}
