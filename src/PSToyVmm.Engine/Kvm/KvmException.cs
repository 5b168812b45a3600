using PSToyVmm.Engine.Native;

namespace PSToyVmm.Engine.Kvm;

/// <summary>An ioctl of KVM that failed: which one, and the error number.</summary>
public sealed class KvmException(string call, int errno)
    : VmException(VmErrorId.KvmCallFailed, VmErrorKind.DeviceError, $"{call}: {Native.Errno.Describe(errno)}")
{
    /// <summary>The member that made the call.</summary>
    public string Call { get; } = call;

    /// <summary>The error number (errno(3)).</summary>
    public int Errno { get; } = errno;

    internal bool IsTooSmall => Errno == Libc.E2BIG;
}
