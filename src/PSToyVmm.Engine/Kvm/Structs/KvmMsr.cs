namespace PSToyVmm.Engine.Kvm.Structs;

/// <summary>A model-specific register and its value.</summary>
[NativeName("struct kvm_msr_entry", "linux/kvm.h")]
struct KvmMsrEntry
{
    public uint Index, Reserved;
    public ulong Data;
}

/// <summary>The head of a list of registers; they follow it.</summary>
[NativeName("struct kvm_msrs", "linux/kvm.h")]
struct KvmMsrsHeader
{
    [NativeField("nmsrs")] public uint Count;
    [NativeField("pad")] public uint Padding;
}
