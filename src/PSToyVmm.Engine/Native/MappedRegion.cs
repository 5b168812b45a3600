using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PSToyVmm.Engine.Native;

/// <summary>
/// A mapping as a handle: closed once, by whoever owns it. A finalizer would unmap memory that a span may still see,
/// so the owner's teardown is the only thing that is meant to close it.
/// </summary>
sealed class MappedRegion : SafeHandleZeroOrMinusOneIsInvalid
{
    // Transparent huge pages need guest and host addresses that agree modulo 2 MiB: KVM maps a large page only then.
    const ulong HugePage = 2 << 20;

    readonly nint _reservation;
    readonly ulong _reserved;

    MappedRegion(nint reservation, ulong reserved, nint pointer, ulong size) : base(ownsHandle: true)
    {
        (_reservation, _reserved, Size) = (reservation, reserved, size);
        SetHandle(pointer);
    }

    public ulong Size { get; }

    public nint Pointer => handle;

    /// <summary>Zeroed private memory, 2 MiB aligned, that commits pages as they are touched; huge ones where the host has them.</summary>
    public static MappedRegion Anonymous(ulong size)
    {
        ulong reserved = size > ulong.MaxValue - HugePage ? size : size + HugePage;
        nint at = reserved > long.MaxValue ? -1 : Libc.mmap(0, (nuint)reserved, Libc.PROT_READ | Libc.PROT_WRITE,
            Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS | Libc.MAP_NORESERVE, -1, 0);
        if (at == -1)
            throw new VmException(VmErrorId.MemoryUnavailable, VmErrorKind.ResourceUnavailable,
                $"The host cannot map {size} bytes for the guest: {Errno.Describe(reserved > long.MaxValue ? Libc.ENOMEM : Errno.Last)}. Give the machine less memory.");
        nint aligned = (nint)(((ulong)at + HugePage - 1) & ~(HugePage - 1));
        // Both are hints: without them the machine is slower, or a core dump larger, and nothing else.
        _ = Libc.madvise(aligned, (nuint)size, Libc.MADV_HUGEPAGE);
        _ = Libc.madvise(aligned, (nuint)size, Libc.MADV_DONTDUMP);
        return new(at, reserved, aligned, size);
    }

    /// <summary>A descriptor's memory, shared with the kernel: a vCPU's <c>struct kvm_run</c>.</summary>
    public static MappedRegion Shared(SafeHandle descriptor, ulong size)
    {
        bool held = false;
        try
        {
            descriptor.DangerousAddRef(ref held);
            nint at = Libc.mmap(0, (nuint)size, Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_SHARED, (int)descriptor.DangerousGetHandle(), 0);
            if (at == -1)
                throw new VmException(VmErrorId.KvmCallFailed, VmErrorKind.ResourceUnavailable, $"mmap of a vCPU failed: {Errno.Describe(Errno.Last)}");
            return new(at, size, at, size);
        }
        finally
        {
            if (held) descriptor.DangerousRelease();
        }
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => Libc.munmap(_reservation, (nuint)_reserved) == 0;
}
