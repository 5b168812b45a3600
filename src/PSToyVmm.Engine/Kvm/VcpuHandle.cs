using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using PSToyVmm.Engine.Kvm.Structs;
using PSToyVmm.Engine.Native;

namespace PSToyVmm.Engine.Kvm;

/// <summary>A vCPU of KVM and the page it shares. One member per ioctl, named as the KVM API manual names them.</summary>
sealed unsafe class VcpuHandle : KvmHandle
{
    static readonly nuint s_run = Ioctl.Plain(0x80).Code;

    readonly MappedRegion _mapping;

    public VcpuHandle(int descriptor, int mappingSize) : base(descriptor)
    {
        try
        {
            _mapping = MappedRegion.Shared(this, (ulong)mappingSize);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>What KVM says about the last exit. Not to be touched after <see cref="Dispose(bool)"/>, which the teardown calls when the vCPU's thread has ended.</summary>
    public ref KvmRun SharedPage => ref *(KvmRun*)_mapping.Pointer;

    /// <summary>The items of a port exit: <c>io.count</c> of <c>io.size</c> bytes each.</summary>
    public Span<byte> IoData
    {
        get
        {
            ref KvmRun run = ref SharedPage;
            int length = (int)run.IoCount * run.IoSize;
            return new((byte*)_mapping.Pointer + run.IoDataOffset, length);
        }
    }

    /// <summary>The bytes of an MMIO exit.</summary>
    public Span<byte> MmioData
    {
        get
        {
            ref KvmRun run = ref SharedPage;
            return MemoryMarshal.AsBytes(new Span<ulong>(ref run.MmioData))[..(int)Math.Min(run.MmioLength, sizeof(ulong))];
        }
    }

    /// <summary>
    /// Runs the guest until it leaves (KVM_RUN). By the bare descriptor, as it is called millions of times a second: the
    /// loop holds a reference to this handle for as long as it runs.
    /// </summary>
    /// <returns>0, or the error number.</returns>
    public int Run() => Libc.ioctl((int)handle, s_run, 0) < 0 ? Errno.Last : 0;

    public KvmRegs Registers { get => Get<KvmRegs>(Ioctl.Reads<KvmRegs>(0x81)); set => Set(Ioctl.Writes<KvmRegs>(0x82), value); }

    public KvmSregs SpecialRegisters { get => Get<KvmSregs>(Ioctl.Reads<KvmSregs>(0x83)); set => Set(Ioctl.Writes<KvmSregs>(0x84), value); }

    [SuppressMessage("Design", "CA1044", Justification = "KVM_GET_FPU has no caller")]
    public KvmFpu Fpu { set => Set(Ioctl.Writes<KvmFpu>(0x8d), value); }

    public KvmLapicState Lapic { get => Get<KvmLapicState>(Ioctl.Reads<KvmLapicState>(0x8e)); set => Set(Ioctl.Writes<KvmLapicState>(0x8f), value); }

    /// <summary>
    /// Lets the guest's TSC run at the host's frequency (KVM_SET_TSC_KHZ; 0 stands for the host's). KVM meant to do so when
    /// it made the vCPU; but on a host without TSC scaling whose kernel corrected its own frequency after KVM was loaded, it
    /// asked for the old one, failed, and left a vCPU whose APIC timer never fires in deadline mode.
    /// </summary>
    /// <returns>False where KVM refuses; the vCPU is as it was.</returns>
    public bool TryUseHostTscFrequency() => Libc.ioctl(this, Ioctl.Plain(0xa2).Code, 0) == 0;

    /// <summary>The frequency of the guest's time-stamp counter (KVM_GET_TSC_KHZ); 0 where KVM does not know it.</summary>
    public uint TryGetTscKhz() => (uint)Math.Max(0, Libc.ioctl(this, Ioctl.Plain(0xa3).Code, 0));

    /// <summary>Linear to physical, by the guest's own page tables.</summary>
    public KvmTranslation Translate(ulong linear)
    {
        KvmTranslation translation = new() { LinearAddress = linear };
        Call(Ioctl.Exchanges<KvmTranslation>(0x85), (nint)(&translation));
        return translation;
    }

    public void SetCpuid(ReadOnlySpan<KvmCpuidEntry> leaves)
    {
        byte[] buffer = new byte[sizeof(KvmCpuidHeader) + (leaves.Length * sizeof(KvmCpuidEntry))];
        fixed (byte* pointer = buffer)
        {
            ((KvmCpuidHeader*)pointer)->Count = (uint)leaves.Length;
            leaves.CopyTo(new Span<KvmCpuidEntry>(pointer + sizeof(KvmCpuidHeader), leaves.Length));
            Call(Ioctl.Writes<KvmCpuidHeader>(0x90), (nint)pointer);
        }
    }

    /// <summary>The leaves as KVM has them for this vCPU, with what it changed.</summary>
    public KvmCpuidEntry[] GetCpuid()
    {
        byte[] buffer = new byte[sizeof(KvmCpuidHeader) + (KvmSystem.MostCpuidEntries * sizeof(KvmCpuidEntry))];
        fixed (byte* pointer = buffer)
        {
            KvmCpuidHeader* header = (KvmCpuidHeader*)pointer;
            header->Count = KvmSystem.MostCpuidEntries;
            Call(Ioctl.Exchanges<KvmCpuidHeader>(0x91), (nint)pointer);
            return new ReadOnlySpan<KvmCpuidEntry>(header + 1, (int)header->Count).ToArray();
        }
    }

    /// <summary>A model-specific register (KVM_GET_MSRS); null where KVM has none of this number.</summary>
    public ulong? TryGetMsr(uint index)
    {
        byte* buffer = stackalloc byte[sizeof(KvmMsrsHeader) + sizeof(KvmMsrEntry)];
        KvmMsrEntry* entry = (KvmMsrEntry*)(buffer + sizeof(KvmMsrsHeader));
        *(KvmMsrsHeader*)buffer = new() { Count = 1 };
        *entry = new() { Index = index };
        return Call(Ioctl.Exchanges<KvmMsrsHeader>(0x88), (nint)buffer) == 1 ? entry->Data : null;
    }

    /// <summary>Sets registers in order; KVM stops at the first one it does not take.</summary>
    /// <returns>How many it took.</returns>
    public int SetMsrs(ReadOnlySpan<KvmMsrEntry> entries)
    {
        byte[] buffer = new byte[sizeof(KvmMsrsHeader) + (entries.Length * sizeof(KvmMsrEntry))];
        fixed (byte* pointer = buffer)
        {
            ((KvmMsrsHeader*)pointer)->Count = (uint)entries.Length;
            entries.CopyTo(new Span<KvmMsrEntry>(pointer + sizeof(KvmMsrsHeader), entries.Length));
            return Call(Ioctl.Writes<KvmMsrsHeader>(0x89), (nint)pointer);
        }
    }

    /// <summary>The signals blocked while the guest runs (KVM_SET_SIGNAL_MASK): the kernel's 64-bit set.</summary>
    public void SetSignalMask(ulong blocked)
    {
        // struct kvm_signal_mask: the length of the set, then the set, unaligned.
        byte* mask = stackalloc byte[sizeof(uint) + sizeof(ulong)];
        *(uint*)mask = sizeof(ulong);
        *(ulong*)(mask + sizeof(uint)) = blocked;
        Call(Ioctl.Writes<uint>(0x8b), (nint)mask);
    }

    /// <summary>
    /// Leaves word for the guest that it was paused (KVM_KVMCLOCK_CTRL), so that its watchdog does not take the time for a
    /// lockup. A guest without KVM's clock cannot be told, and KVM says EINVAL.
    /// </summary>
    public void TellPaused() => _ = Libc.ioctl(this, Ioctl.Plain(0xad).Code, 0);

    /// <summary>KVM's own counters for this vCPU; null where this kernel does not offer them.</summary>
    public KvmStatistics? TryOpenStatistics() => KvmStatistics.TryOpen(this);

    /// <summary>KVM_GET_STATS_FD.</summary>
    internal static int TryGetStatisticsDescriptor(KvmHandle handle) => Libc.ioctl(handle, Ioctl.Plain(0xce).Code, 0);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) _mapping?.Dispose();
        base.Dispose(disposing);
    }
}
