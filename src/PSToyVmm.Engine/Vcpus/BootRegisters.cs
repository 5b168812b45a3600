using System.Buffers.Binary;
using PSToyVmm.Engine.Kvm;
using PSToyVmm.Engine.Kvm.Structs;

namespace PSToyVmm.Engine.Vcpus;

/// <summary>
/// Where the boot processor starts, interrupts off: in 64-bit mode with paging (Linux x86 boot protocol, "64-bit boot
/// protocol"), or in 32-bit protected mode without (Xen: docs/misc/pvh.pandoc; Multiboot Specification 0.6.96, 3.2).
/// </summary>
/// <param name="Rip">Entry point.</param>
/// <param name="Rsi">Address of boot_params.</param>
/// <param name="Rsp">Top of a stack.</param>
/// <param name="Cr3">Page table root of an identity map; of no use in 32-bit mode.</param>
/// <param name="GdtBase">Address of the GDT.</param>
/// <param name="GdtLimit">Its size less one.</param>
/// <param name="Code">Code segment: selector and descriptor as it stands in the GDT.</param>
/// <param name="Data">Data segment.</param>
/// <param name="Task">Task state segment.</param>
sealed record BootRegisters(ulong Rip, ulong Rsi, ulong Rsp, ulong Cr3, ulong GdtBase, ushort GdtLimit,
    (ushort Selector, ulong Descriptor) Code, (ushort Selector, ulong Descriptor) Data, (ushort Selector, ulong Descriptor) Task)
{
    const ulong ProtectedMode = 1, ExtensionType = 1 << 4, NumericError = 1 << 5, Paging = 1ul << 31;
    const ulong PhysicalAddressExtension = 1 << 5;
    const ulong LongModeEnable = 1 << 8, LongModeActive = 1 << 10;
    const ulong ReservedFlag = 2;
    const int LapicLint0 = 0x350, LapicLint1 = 0x360;
    const uint DeliveryMask = 7 << 8, DeliverNmi = 4 << 8, DeliverExtInt = 7 << 8;

    /// <summary>64-bit mode, or 32-bit protected mode.</summary>
    public bool IsLongMode { get; init; } = true;

    /// <summary>A boot loader's magic number.</summary>
    public uint Rax { get; init; }

    /// <summary>Address of what a 32-bit protocol tells the kernel.</summary>
    public ulong Rbx { get; init; }

    /// <summary>Sets every register that the boot protocol and a PC's firmware define.</summary>
    public void Apply(VcpuHandle vcpu)
    {
        KvmSregs special = vcpu.SpecialRegisters;
        special.Cs = Segment(Code);
        special.Ds = special.Es = special.Fs = special.Gs = special.Ss = Segment(Data);
        special.Tr = Segment(Task);
        special.Gdt = new() { Base = GdtBase, Limit = GdtLimit };
        special.Idt = default; // no interrupt table: a fault before the kernel has made one is a triple fault, and reported
        if (IsLongMode)
        {
            special.Cr3 = Cr3;
            special.Cr4 |= PhysicalAddressExtension;
            special.Cr0 = ProtectedMode | ExtensionType | NumericError | Paging;
            special.Efer |= LongModeEnable | LongModeActive;
        }
        else
        {
            // Both specifications want every bit clear that can be; a processor out of reset has CR4 and EFER so.
            special.Cr0 = ProtectedMode | ExtensionType;
        }
        vcpu.SpecialRegisters = special;
        vcpu.Registers = new() { Rip = Rip, Rax = Rax, Rbx = Rbx, Rsi = Rsi, Rsp = Rsp, Rbp = Rsp, Rflags = ReservedFlag };
        vcpu.Fpu = new() { Fcw = 0x37f, Mxcsr = 0x1f80 };
        ConnectLegacyInterrupts(vcpu);
    }

    // As firmware leaves it (virtual wire mode, MP specification 3.6.2.2): the PIC on LINT0, NMI on LINT1.
    static void ConnectLegacyInterrupts(VcpuHandle vcpu)
    {
        KvmLapicState lapic = vcpu.Lapic;
        SetDelivery(ref lapic, LapicLint0, DeliverExtInt);
        SetDelivery(ref lapic, LapicLint1, DeliverNmi);
        vcpu.Lapic = lapic;
    }

    static void SetDelivery(ref KvmLapicState lapic, int register, uint mode)
    {
        Span<byte> entry = lapic.Regs[register..(register + sizeof(uint))];
        uint value = BinaryPrimitives.ReadUInt32LittleEndian(entry);
        BinaryPrimitives.WriteUInt32LittleEndian(entry, value & ~DeliveryMask | mode);
    }

    // The hidden part of a segment register, from its descriptor (Intel SDM volume 3, figure 3-8).
    static KvmSegment Segment((ushort Selector, ulong Descriptor) segment)
    {
        ulong d = segment.Descriptor;
        bool pages = (d >> 55 & 1) != 0;
        uint limit = (uint)(d & 0xffff | d >> 32 & 0xf_0000);
        return new()
        {
            Selector = segment.Selector,
            Base = d >> 16 & 0xff_ffff | d >> 32 & 0xff00_0000,
            Limit = pages ? limit << 12 | 0xfff : limit,
            Type = (byte)(d >> 40 & 0xf),
            S = (byte)(d >> 44 & 1),
            Dpl = (byte)(d >> 45 & 3),
            Present = (byte)(d >> 47 & 1),
            Avl = (byte)(d >> 52 & 1),
            L = (byte)(d >> 53 & 1),
            Db = (byte)(d >> 54 & 1),
            G = (byte)(d >> 55 & 1),
            Unusable = (byte)(1 - (d >> 47 & 1)),
        };
    }
}
