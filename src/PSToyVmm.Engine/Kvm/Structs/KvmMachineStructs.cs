using System.Runtime.CompilerServices;

namespace PSToyVmm.Engine.Kvm.Structs;

/// <summary>A slot of guest memory (KVM_SET_USER_MEMORY_REGION).</summary>
[NativeName("struct kvm_userspace_memory_region", "linux/kvm.h")]
struct KvmUserspaceMemoryRegion
{
    public uint Slot, Flags;
    public ulong GuestPhysAddr, MemorySize, UserspaceAddr;
}

/// <summary>A capability to be switched on (KVM_ENABLE_CAP).</summary>
[NativeName("struct kvm_enable_cap", "linux/kvm.h")]
struct KvmEnableCap
{
    [NativeField("cap")] public uint Capability;
    public uint Flags;
    [NativeField("args[0]")] public ulong Argument0;
    [NativeField("args[1]")] public ulong Argument1;
    [NativeField("args[2]")] public ulong Argument2;
    [NativeField("args[3]")] public ulong Argument3;
    public EnableCapPadding Padding;

    /// <summary>KVM_X2APIC_API_USE_32BIT_IDS, KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK.</summary>
    public const ulong Use32BitIds = 1, DisableBroadcastQuirk = 2;
}

/// <summary>Sixty-four bytes that KVM ignores.</summary>
[InlineArray(64)]
struct EnableCapPadding
{
    byte _first;
}

/// <summary>How the in-kernel PIT is made (KVM_CREATE_PIT2).</summary>
[NativeName("struct kvm_pit_config", "linux/kvm.h")]
struct KvmPitConfig
{
    public uint Flags;
    public PitPadding Padding;

    /// <summary>The speaker's port 0x61 is served in the kernel too.</summary>
    public const uint SpeakerDummy = 1;
}

/// <summary>Fifteen words that KVM ignores.</summary>
[InlineArray(15)]
struct PitPadding
{
    uint _first;
}

/// <summary>The level of an interrupt input (KVM_IRQ_LINE).</summary>
[NativeName("struct kvm_irq_level", "linux/kvm.h")]
struct KvmIrqLevel
{
    public uint Irq, Level;
}

/// <summary>An eventfd that a guest's write signals (KVM_IOEVENTFD).</summary>
[NativeName("struct kvm_ioeventfd", "linux/kvm.h")]
struct KvmIoEventFd
{
    [NativeField("datamatch")] public ulong DataMatch;
    [NativeField("addr")] public ulong Address;
    [NativeField("len")] public uint Length;
    [NativeField("fd")] public int Descriptor;
    public uint Flags;
    public IoEventFdPadding Padding;

    /// <summary>Only a write of this value (KVM_IOEVENTFD_FLAG_DATAMATCH).</summary>
    public const uint MatchesData = 1;
}

/// <summary>Thirty-six bytes that KVM ignores.</summary>
[InlineArray(36)]
struct IoEventFdPadding
{
    byte _first;
}

/// <summary>An eventfd whose signal is an edge at an interrupt input (KVM_IRQFD).</summary>
[NativeName("struct kvm_irqfd", "linux/kvm.h")]
struct KvmIrqFd
{
    [NativeField("fd")] public uint Descriptor;
    [NativeField("gsi")] public uint Irq;
    public uint Flags;
    [NativeField("resamplefd")] public uint ResampleDescriptor;
    public IrqFdPadding Padding;
}

/// <summary>Sixteen bytes that KVM ignores.</summary>
[InlineArray(16)]
struct IrqFdPadding
{
    byte _first;
}

/// <summary>An in-kernel interrupt controller's state (KVM_GET_IRQCHIP), read for the I/O APIC's redirection table only.</summary>
[NativeName("struct kvm_irqchip", "linux/kvm.h")]
struct KvmIrqchip
{
    public uint ChipId, Padding;
    [NativeField("chip.dummy")] public IrqchipState State;

    public const uint IoApic = 2;

    const int RedirectionTable = 24, EntrySize = sizeof(ulong), MaskByte = 2;

    /// <summary>Whether the operating system has an interrupt handler at this input of the I/O APIC.</summary>
    public readonly bool IsUnmasked(uint pin) => (State[RedirectionTable + ((int)pin * EntrySize) + MaskByte] & 1) == 0;
}

/// <summary>Room for any of the chips.</summary>
[InlineArray(512)]
struct IrqchipState
{
    byte _first;
}

/// <summary>A linear address and what it translates to (KVM_TRANSLATE).</summary>
[NativeName("struct kvm_translation", "linux/kvm.h")]
struct KvmTranslation
{
    public ulong LinearAddress, PhysicalAddress;
    public byte Valid, Writeable, Usermode;
    public TranslationPadding Padding;
}

/// <summary>Five bytes that KVM ignores.</summary>
[InlineArray(5)]
struct TranslationPadding
{
    byte _first;
}
