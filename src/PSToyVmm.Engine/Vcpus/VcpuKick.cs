using PSToyVmm.Engine.Kvm;
using PSToyVmm.Engine.Native;

namespace PSToyVmm.Engine.Vcpus;

/// <summary>
/// Gets a vCPU out of the guest without a signal handler, which managed code could not have: one real-time signal is
/// blocked in the vCPU's thread and unblocked only inside KVM_RUN (KVM_SET_SIGNAL_MASK). A kick that comes early stays
/// pending, and KVM_RUN returns EINTR at once.
/// </summary>
sealed unsafe class VcpuKick(VcpuHandle vcpu)
{
    // Real-time, and neither the C library's (32, 33) nor the CLR's thread suspension (34).
    const int Signal = 40;

    readonly Lock _gate = new();
    nuint _thread;
    bool _armed;
    SignalSet _maskBefore;

    /// <summary>On the vCPU's thread, before its first KVM_RUN.</summary>
    public void Arm()
    {
        SignalSet kick = SignalSet.Of(Signal), before;
        Check(Libc.pthread_sigmask(Libc.SIG_BLOCK, &kick, &before));
        _maskBefore = before;
        vcpu.SetSignalMask(before.Words[0] & ~kick.Words[0]);
        lock (_gate) (_thread, _armed) = (Libc.pthread_self(), true);
    }

    /// <summary>On the vCPU's thread, after every EINTR: a signal left pending would make KVM_RUN spin.</summary>
    public static void Swallow()
    {
        SignalSet kick = SignalSet.Of(Signal);
        long* now = stackalloc long[2] { 0, 0 };
        while (Libc.sigtimedwait(&kick, 0, now) > 0)
        {
        }
    }

    /// <summary>From any thread. Does nothing before <see cref="Arm"/> and after <see cref="Disarm"/>.</summary>
    public void Kick()
    {
        // The lock keeps the thread alive between the test and the call: pthread_kill on an ended thread is undefined.
        lock (_gate)
            if (_armed)
                _ = Libc.pthread_kill(_thread, Signal);
    }

    /// <summary>On the vCPU's thread, at its end; the thread gets its old mask back, for it may be somebody else's.</summary>
    public void Disarm()
    {
        lock (_gate)
        {
            if (!_armed) return;
            _armed = false;
        }
        Swallow();
        SignalSet before = _maskBefore;
        Check(Libc.pthread_sigmask(Libc.SIG_SETMASK, &before, null));
    }

    static void Check(int errno)
    {
        if (errno != 0) throw new KvmException("pthread_sigmask", errno);
    }
}
