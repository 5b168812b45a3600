using Microsoft.Win32.SafeHandles;

namespace PSToyVmm.Engine.Native;

/// <summary>The ioctls of block devices (linux/fs.h).</summary>
static unsafe class BlockIoctl
{
    const nuint Discard = 0x1277, ZeroOut = 0x127f, GetSize = 0x8008_1272, GetLogicalSize = 0x1268, GetPhysicalSize = 0x127b;

    /// <summary>Bytes of the device; 0 where it does not say.</summary>
    public static ulong SizeOf(SafeFileHandle device)
    {
        ulong size = 0;
        return Libc.ioctl(device, GetSize, (nint)(&size)) == 0 ? size : 0;
    }

    /// <summary>Bytes that the device transfers at least, and those that it writes without reading first.</summary>
    public static (uint Logical, uint Physical) BlockSizesOf(SafeFileHandle device)
    {
        uint logical = 0, physical = 0;
        return Libc.ioctl(device, GetLogicalSize, (nint)(&logical)) == 0 && Libc.ioctl(device, GetPhysicalSize, (nint)(&physical)) == 0
            ? (logical, physical) : (512, 512);
    }

    /// <summary>Tells the device that nobody needs a range. Returns 0 or the error number.</summary>
    public static int DiscardRange(SafeFileHandle device, ulong offset, ulong length) => Ranged(device, Discard, offset, length);

    /// <summary>Makes a range read as zeroes. Returns 0 or the error number.</summary>
    public static int ZeroRange(SafeFileHandle device, ulong offset, ulong length) => Ranged(device, ZeroOut, offset, length);

    static int Ranged(SafeFileHandle device, nuint request, ulong offset, ulong length)
    {
        ulong* range = stackalloc ulong[2] { offset, length };
        return Libc.ioctl(device, request, (nint)range) == 0 ? 0 : Errno.Last;
    }
}
