using Microsoft.Win32.SafeHandles;

namespace PSToyVmm.Engine.Native;

/// <summary>Two ends of a Unix stream socket: one for this process, one for a program that it starts.</summary>
static unsafe class SocketPair
{
    const nuint SetNonBlocking = 0x5421, KeepOnExec = 0x5450; // FIONBIO, FIONCLEX

    /// <summary>Makes them; this process's end does not block, the other one goes to every program that is started while it is open.</summary>
    public static (SafeFileHandle Own, SafeFileHandle Other) Create()
    {
        int* pair = stackalloc int[2];
        if (Libc.socketpair(Libc.AF_UNIX, Libc.SOCK_STREAM | Libc.SOCK_CLOEXEC, 0, pair) != 0)
            throw new VmException(VmErrorId.NetworkInterfaceFailed, VmErrorKind.ResourceUnavailable, $"A pair of sockets cannot be made: {Errno.Describe(Errno.Last)}.");
        (SafeFileHandle own, SafeFileHandle other) = (new(pair[0], ownsHandle: true), new(pair[1], ownsHandle: true));
        int yes = 1;
        _ = Libc.ioctl(own, SetNonBlocking, (nint)(&yes));
        _ = Libc.ioctl(other, KeepOnExec, 0);
        return (own, other);
    }
}
