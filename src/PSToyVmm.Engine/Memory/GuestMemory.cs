using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using PSToyVmm.Engine.Native;

namespace PSToyVmm.Engine.Memory;

/// <summary>
/// Guest RAM behind one bounds-checked door: every access is an address and a length, and lies wholly inside one region
/// or throws <see cref="GuestAccessException"/>. Below the MMIO hole and, from 4 GiB on, above it.
/// <see cref="Dispose"/> unmaps: the owner (the machine's teardown) calls it only after every thread that could hold a span has ended.
/// </summary>
public sealed unsafe class GuestMemory : IDisposable
{
    /// <summary>Bytes of a page.</summary>
    public const int PageSize = 4096;

    /// <summary>Where RAM below 4 GiB ends at the latest: the last GiB is left to MMIO, the APICs and PCI.</summary>
    public const ulong HoleStart = 0xc000_0000;

    /// <summary>Where RAM goes on.</summary>
    public const ulong HoleEnd = 0x1_0000_0000;

    /// <summary>The most that a machine may have: what 46 bits of physical address reach, less the hole.</summary>
    public const ulong LargestSize = (1ul << 46) - (HoleEnd - HoleStart);

    readonly SafeFileHandle? _file;
    readonly MappedRegion _mapping;
    readonly GuestRegion[] _regions;

    /// <summary>Maps <paramref name="size"/> bytes, a multiple of <see cref="PageSize"/>, without committing them unless their source has to.</summary>
    /// <exception cref="VmException">MemoryUnavailable, HugePagesUnavailable or MemoryFileInvalid, and why the host refused.</exception>
    public GuestMemory(ulong size, MemorySource? source = null)
    {
        source ??= MemorySource.Default;
        (_file, _mapping) = BackedMapping.Create(size, source);
        SharedPath = source.Backing switch
        {
            MemoryBacking.File => source.Path,
            MemoryBacking.Shared => $"/proc/{Environment.ProcessId}/fd/{_file!.DangerousGetHandle()}",
            _ => null,
        };
        ulong low = Math.Min(size, HoleStart);
        _regions = size == low
            ? [new(new(0), low, _mapping.Pointer)]
            : [new(new(0), low, _mapping.Pointer), new(new(HoleEnd), size - low, _mapping.Pointer + (nint)low)];
    }

    /// <summary>Bytes of RAM.</summary>
    public ulong Size => _mapping.Size;

    /// <summary>What another process opens to map the same memory; null where it is this process's own.</summary>
    public string? SharedPath { get; }

    /// <summary>The runs of RAM, lowest first.</summary>
    public IReadOnlyList<GuestRegion> Regions => _regions;

    /// <summary>The first region: from address 0 up to the MMIO hole at the most.</summary>
    public GuestRegion Low => _regions[0];

    /// <summary>Whether <paramref name="length"/> bytes from <paramref name="at"/> are RAM of one region.</summary>
    public bool Contains(GuestAddress at, ulong length) => Resolve(at, length) is not null;

    /// <summary>The bytes at an address. The guest may change them at any moment: copy what is to be checked before it is used.</summary>
    /// <exception cref="GuestAccessException">Not wholly inside one region, or the length is negative.</exception>
    public Span<byte> Slice(GuestAddress at, int length)
    {
        byte* host = length < 0 ? null : Resolve(at, (uint)length);
        if (host is null) ThrowOutside(at, length);
        return new(host, length);
    }

    /// <summary>Where the host has these bytes, for a system call that takes addresses; they stay there until <see cref="Dispose"/>.</summary>
    /// <returns>False where they are not wholly inside one region.</returns>
    internal bool TryResolve(GuestAddress at, ulong length, out nint host)
    {
        host = (nint)Resolve(at, length);
        return host != 0;
    }

    /// <summary>A part of guest memory that is looked up once and used often.</summary>
    /// <returns>False where it is not wholly inside one region.</returns>
    internal bool TryOpen(GuestAddress at, uint length, out GuestWindow window)
    {
        byte* host = Resolve(at, length);
        window = host is null ? default : new(host, length);
        return host is not null;
    }

    /// <summary>A value of a blittable type in place; unaligned addresses are allowed, as x86 allows them.</summary>
    /// <exception cref="GuestAccessException">Not wholly inside one region.</exception>
    public ref T Ref<T>(GuestAddress at) where T : unmanaged => ref MemoryMarshal.AsRef<T>(Slice(at, sizeof(T)));

    /// <summary>Copies bytes into guest memory.</summary>
    /// <exception cref="GuestAccessException">Not wholly inside one region.</exception>
    public void Write(GuestAddress at, ReadOnlySpan<byte> bytes) => bytes.CopyTo(Slice(at, bytes.Length));

    /// <summary>Reads <paramref name="length"/> bytes of a file straight into guest memory, without a managed copy.</summary>
    /// <exception cref="GuestAccessException">The target is not wholly inside one region.</exception>
    /// <exception cref="EndOfStreamException">The file ended early.</exception>
    public void ReadFile(SafeFileHandle file, long fileOffset, GuestAddress at, long length)
    {
        if (length < 0 || Resolve(at, (ulong)length) is null) ThrowOutside(at, length);
        while (length > 0)
        {
            int step = (int)Math.Min(length, 1 << 30);
            int read = RandomAccess.Read(file, Slice(at, step), fileOffset);
            if (read == 0) throw new EndOfStreamException();
            (fileOffset, at, length) = (fileOffset + read, at + (ulong)read, length - read);
        }
    }

    /// <summary>Bytes of it that lie in the host's memory now: those that were touched, and are not swapped out.</summary>
    public ulong CountResidentBytes()
    {
        ObjectDisposedException.ThrowIf(_mapping.IsClosed, this);
        return PageResidency.Count(_mapping.Pointer, Size);
    }

    /// <summary>Unmaps the memory. Idempotent.</summary>
    public void Dispose()
    {
        _mapping.Dispose();
        _file?.Dispose();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    byte* Resolve(GuestAddress at, ulong length)
    {
        ObjectDisposedException.ThrowIf(_mapping.IsClosed, this);
        foreach (GuestRegion region in _regions)
        {
            // Wraps to a huge number below the region, so that one comparison serves for both ends.
            ulong offset = at.Value - region.Start.Value;
            if (offset <= region.Size && length <= region.Size - offset) return (byte*)region.HostAddress + offset;
        }
        return null;
    }

    [DoesNotReturn]
    static void ThrowOutside(GuestAddress at, long length) => throw new GuestAccessException(at, length);
}
