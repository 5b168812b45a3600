using System.Runtime.CompilerServices;

namespace PSToyVmm.Engine.Kvm.Structs;

/// <summary>One leaf (and subleaf, where <see cref="Flags"/> has bit 0) of CPUID.</summary>
[NativeName("struct kvm_cpuid_entry2", "linux/kvm.h")]
struct KvmCpuidEntry
{
    public uint Function, Index, Flags, Eax, Ebx, Ecx, Edx;
    public CpuidPadding Padding;

    public const uint SignificantIndex = 1;
}

/// <summary>Three words that KVM ignores.</summary>
[InlineArray(3)]
struct CpuidPadding
{
    uint _first;
}

/// <summary>The head of a list of leaves; they follow it.</summary>
[NativeName("struct kvm_cpuid2", "linux/kvm.h")]
struct KvmCpuidHeader
{
    [NativeField("nent")] public uint Count;
    public uint Padding;
}
