using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;
using PSToyVmm.Engine.Native;

namespace PSToyVmm.Engine.Kvm;

/// <summary>A descriptor of KVM: the system, a machine, a vCPU. Calls throw <see cref="KvmException"/>, and that is the only error path.</summary>
abstract unsafe class KvmHandle : SafeHandleMinusOneIsInvalid
{
    protected KvmHandle(int descriptor) : base(ownsHandle: true) => SetHandle(descriptor);

    protected int Call(Ioctl request, nint argument = 0, [CallerMemberName] string call = "")
    {
        int result = Libc.ioctl(this, request.Code, argument);
        return result >= 0 ? result : throw new KvmException(call, Errno.Last);
    }

    protected void Set<T>(Ioctl request, in T value, [CallerMemberName] string call = "") where T : unmanaged
    {
        fixed (T* pointer = &value) Call(request, (nint)pointer, call);
    }

    protected T Get<T>(Ioctl request, [CallerMemberName] string call = "") where T : unmanaged
    {
        T value = default;
        Call(request, (nint)(&value), call);
        return value;
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => Libc.close((int)handle) == 0;
}
