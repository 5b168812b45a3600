using Microsoft.Win32.SafeHandles;

namespace PSToyVmm.Engine.Native;

/// <summary>An anonymous file in memory (memfd_create(2)), which other processes can map as /proc/PID/fd/N.</summary>
static class SharedMemory
{
    const uint CloseOnExec = 1, HugeTlb = 4;
    const int HugeShift = 26;

    /// <summary>Makes one of that size, zeroed, its pages not yet taken.</summary>
    /// <param name="name">Shown in /proc.</param>
    /// <param name="size">Bytes.</param>
    /// <param name="reservedPageSize">Bytes of a huge page from the pool; 0 for plain pages.</param>
    /// <returns>Null where the host has no such pages at all, or no room.</returns>
    public static SafeFileHandle? TryCreate(string name, ulong size, ulong reservedPageSize)
    {
        uint flags = reservedPageSize == 0 ? CloseOnExec : CloseOnExec | HugeTlb | (uint)ulong.Log2(reservedPageSize) << HugeShift;
        int descriptor = Libc.memfd_create(name, flags);
        if (descriptor < 0) return null;
        SafeFileHandle file = new(descriptor, ownsHandle: true);
        if (Libc.ftruncate(file, (nint)size) == 0) return file;
        file.Dispose();
        return null;
    }
}
