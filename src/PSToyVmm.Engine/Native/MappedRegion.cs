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
    const int HugeShift = 26;

    readonly nint _reservation;
    readonly ulong _reserved;

    MappedRegion(nint reservation, ulong reserved, nint pointer, ulong size) : base(ownsHandle: true)
    {
        (_reservation, _reserved, Size) = (reservation, reserved, size);
        SetHandle(pointer);
    }

    public ulong Size { get; }

    public nint Pointer => handle;

    /// <summary>The 64-bit word of that number.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The mapping has no such word.</exception>
    public unsafe ref ulong Word(ulong index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Size / sizeof(ulong));
        return ref ((ulong*)handle)[index];
    }

    /// <summary>Zeroed private memory, 2 MiB aligned, that commits pages as they are touched; huge ones, where asked for and to be had.</summary>
    public static MappedRegion Anonymous(ulong size, bool transparentHugePages = true) => Aligned(size, transparentHugePages, file: null);

    /// <summary>A file's memory for guest RAM, aligned and committed in the same way.</summary>
    public static MappedRegion OfFile(SafeHandle file, ulong size, bool transparentHugePages) => Aligned(size, transparentHugePages, file);

    /// <summary>Zeroed memory of huge pages that were set aside. They are taken now: touching one that is not there would kill the process.</summary>
    /// <param name="size">Bytes, whole pages.</param>
    /// <param name="pageSize">Bytes of a page.</param>
    /// <param name="file">A memfd of such pages; null for private memory.</param>
    /// <returns>Null where too few are free.</returns>
    public static MappedRegion? TryReserve(ulong size, ulong pageSize, SafeHandle? file)
    {
        int flags = file is null ? Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS | Libc.MAP_HUGETLB | (int)ulong.Log2(pageSize) << HugeShift : Libc.MAP_SHARED;
        nint at = size > long.MaxValue ? -1 : Map(0, size, Libc.PROT_READ | Libc.PROT_WRITE, flags, file);
        return at == -1 ? null : new(at, size, at, size);
    }

    /// <summary>A descriptor's memory, shared with the kernel: a vCPU's <c>struct kvm_run</c>.</summary>
    public static MappedRegion Shared(SafeHandle descriptor, ulong size)
    {
        nint at = Map(0, size, Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_SHARED, descriptor);
        return at != -1 ? new(at, size, at, size)
            : throw new VmException(VmErrorId.KvmCallFailed, VmErrorKind.ResourceUnavailable, $"mmap of a vCPU failed: {Errno.Describe(Errno.Last)}");
    }

    /// <summary>A descriptor's memory from an offset on, its pages present at once: the rings of io_uring.</summary>
    /// <returns>Null where the kernel refuses; <see cref="Errno.Last"/> says why.</returns>
    public static MappedRegion? TryShared(SafeHandle descriptor, ulong size, nint offset)
    {
        nint at = Map(0, size, Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_SHARED | Libc.MAP_POPULATE, descriptor, offset);
        return at == -1 ? null : new(at, size, at, size);
    }

    // Reserves addresses first, as the kernel knows no alignment to ask for, and maps the memory over them.
    static MappedRegion Aligned(ulong size, bool transparentHugePages, SafeHandle? file)
    {
        ulong reserved = size > ulong.MaxValue - HugePage ? size : size + HugePage;
        if (reserved > long.MaxValue) throw Unavailable(size, Libc.ENOMEM);
        nint reservation = Map(0, reserved, Libc.PROT_NONE, Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS | Libc.MAP_NORESERVE, null);
        if (reservation == -1) throw Unavailable(size, Errno.Last);
        nint aligned = (nint)(((ulong)reservation + HugePage - 1) & ~(HugePage - 1));
        int flags = Libc.MAP_FIXED | Libc.MAP_NORESERVE | (file is null ? Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS : Libc.MAP_SHARED);
        if (Map(aligned, size, Libc.PROT_READ | Libc.PROT_WRITE, flags, file) == -1)
        {
            int errno = Errno.Last;
            _ = Libc.munmap(reservation, (nuint)reserved);
            throw Unavailable(size, errno);
        }
        // Both are hints: without them the machine is slower, or a core dump larger, and nothing else.
        _ = Libc.madvise(aligned, (nuint)size, transparentHugePages ? Libc.MADV_HUGEPAGE : Libc.MADV_NOHUGEPAGE);
        _ = Libc.madvise(aligned, (nuint)size, Libc.MADV_DONTDUMP);
        return new(reservation, reserved, aligned, size);
    }

    static nint Map(nint address, ulong size, int protection, int flags, SafeHandle? file, nint offset = 0)
    {
        bool held = false;
        try
        {
            file?.DangerousAddRef(ref held);
            return Libc.mmap(address, (nuint)size, protection, flags, file is null ? -1 : (int)file.DangerousGetHandle(), offset);
        }
        finally
        {
            if (held) file!.DangerousRelease();
        }
    }

    static VmException Unavailable(ulong size, int errno) => new(VmErrorId.MemoryUnavailable, VmErrorKind.ResourceUnavailable,
        $"The host cannot map {size} bytes for the guest: {Errno.Describe(errno)}. Give the machine less memory.");

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => Libc.munmap(_reservation, (nuint)_reserved) == 0;
}
