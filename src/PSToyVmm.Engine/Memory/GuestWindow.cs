using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace PSToyVmm.Engine.Memory;

/// <summary>
/// A run of guest RAM that was looked up once (<see cref="GuestMemory.TryOpen"/>): a ring of a queue, used for every
/// request. Each access is checked against its length. Whoever keeps one ends before the memory is unmapped.
/// </summary>
readonly unsafe struct GuestWindow
{
    readonly byte* _start;
    readonly uint _length;

    internal GuestWindow(byte* start, uint length)
    {
        _start = start;
        _length = length;
    }

    /// <summary>A value in place. The guest may change it at any moment: copy it, then check it, then use the copy.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref T At<T>(uint offset) where T : unmanaged
    {
        if (offset > _length || (uint)sizeof(T) > _length - offset) ThrowOutside(offset);
        return ref *(T*)(_start + offset);
    }

    [DoesNotReturn]
    static void ThrowOutside(uint offset) => throw new GuestAccessException(new(offset), 0);
}
