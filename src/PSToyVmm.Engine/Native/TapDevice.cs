using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PSToyVmm.Engine.Native;

/// <summary>The ioctls of a tap (linux/if_tun.h): an interface of the host whose wire is a file. They return 0 or the error number.</summary>
static unsafe class TapDevice
{
    public const string Path = "/dev/net/tun";

    /// <summary>What a tap can be asked to give without cutting it into frames first (TUN_F_*).</summary>
    public const uint Checksum = 1, Tcp4 = 2, Tcp6 = 4, Congestion = 8, Udp4 = 0x20, Udp6 = 0x40;

    const nuint SetInterface = 0x4004_54ca, SetOffload = 0x4004_54d0, SetHeaderSize = 0x4004_54d8, SetCarrier = 0x4004_54e2;
    const short Tap = 2, MultiQueue = 0x100, NoPacketInformation = 0x1000, VnetHeader = 0x4000;

    /// <summary>Attaches an open /dev/net/tun to an interface, which is made if there is none of that name.</summary>
    /// <param name="tun">The file.</param>
    /// <param name="name">Its name; one with %d is completed with the first number that is free, and given back.</param>
    /// <param name="isMultiQueue">As the interface was made.</param>
    public static int Attach(SafeFileHandle tun, ref string name, bool isMultiQueue)
    {
        InterfaceRequest request = new() { Flags = (short)(Tap | NoPacketInformation | VnetHeader | (isMultiQueue ? MultiQueue : 0)), Name = name };
        if (Libc.ioctl(tun, SetInterface, (nint)(&request)) != 0) return Errno.Last;
        name = request.Name;
        return 0;
    }

    /// <summary>Bytes before each frame.</summary>
    public static int UseHeader(SafeFileHandle tun, int size) => Libc.ioctl(tun, SetHeaderSize, (nint)(&size)) == 0 ? 0 : Errno.Last;

    /// <summary>What may be given uncut.</summary>
    public static int UseOffloads(SafeFileHandle tun, uint offloads) => Libc.ioctl(tun, SetOffload, (nint)offloads) == 0 ? 0 : Errno.Last;

    /// <summary>Whether the host's end sees a cable. Kernels before 5.0 have none.</summary>
    public static int UseCarrier(SafeFileHandle tun, bool isUp)
    {
        int carrier = isUp ? 1 : 0;
        return Libc.ioctl(tun, SetCarrier, (nint)(&carrier)) == 0 ? 0 : Errno.Last;
    }
}
