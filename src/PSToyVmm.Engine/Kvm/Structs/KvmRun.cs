using System.Runtime.InteropServices;

namespace PSToyVmm.Engine.Kvm.Structs;

/// <summary>The head of the page that a vCPU shares with KVM; from 32 on a union, of which these are the members in use.</summary>
[StructLayout(LayoutKind.Explicit), NativeName("struct kvm_run", "linux/kvm.h", Partial = true)]
struct KvmRun
{
    [FieldOffset(0)] public byte RequestInterruptWindow;
    [FieldOffset(1)] public byte ImmediateExit;
    [FieldOffset(8)] public ExitReason ExitReason;
    [FieldOffset(16)] public ulong Cr8;
    [FieldOffset(32), NativeField("io.direction")] public byte IoDirection;
    [FieldOffset(33), NativeField("io.size")] public byte IoSize;
    [FieldOffset(34), NativeField("io.port")] public ushort IoPort;
    [FieldOffset(36), NativeField("io.count")] public uint IoCount;
    [FieldOffset(40), NativeField("io.data_offset")] public ulong IoDataOffset;
    [FieldOffset(32), NativeField("mmio.phys_addr")] public ulong MmioAddress;
    [FieldOffset(40), NativeField("mmio.data")] public ulong MmioData;
    [FieldOffset(48), NativeField("mmio.len")] public uint MmioLength;
    [FieldOffset(52), NativeField("mmio.is_write")] public byte MmioIsWrite;
    [FieldOffset(32), NativeField("fail_entry.hardware_entry_failure_reason")] public ulong EntryFailureReason;
    [FieldOffset(32), NativeField("hw.hardware_exit_reason")] public ulong HardwareExitReason;
    [FieldOffset(32), NativeField("internal.suberror")] public uint InternalSuberror;
    [FieldOffset(36), NativeField("internal.ndata")] public uint InternalDataCount;
    [FieldOffset(40), NativeField("emulation_failure.flags")] public ulong EmulationFlags;
    [FieldOffset(48), NativeField("emulation_failure.insn_size")] public byte InstructionSize;
    [FieldOffset(49), NativeField("emulation_failure.insn_bytes")] public InstructionBytes InstructionBytes;
    [FieldOffset(32), NativeField("system_event.type")] public uint SystemEventType;

    public const byte IoOut = 1;
    public const uint SuberrorEmulation = 1;
    public const ulong HasInstructionBytes = 1;
    public const uint SystemEventShutdown = 1, SystemEventReset = 2, SystemEventCrash = 3;
}

/// <summary>Room for one x86 instruction.</summary>
[System.Runtime.CompilerServices.InlineArray(15)]
struct InstructionBytes
{
    byte _first;
}
