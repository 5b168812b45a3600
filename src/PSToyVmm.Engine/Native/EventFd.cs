using Microsoft.Win32.SafeHandles;

namespace PSToyVmm.Engine.Native;

/// <summary>An eventfd (eventfd(2)), non-blocking: KVM turns a write into an interrupt (irqfd) or a guest's write into a count (ioeventfd).</summary>
sealed unsafe class EventFd : SafeHandleMinusOneIsInvalid
{
    public EventFd() : base(ownsHandle: true)
    {
        int fd = Libc.eventfd(0, Libc.EFD_CLOEXEC | Libc.EFD_NONBLOCK);
        if (fd < 0)
            throw new VmException(VmErrorId.KvmCallFailed, VmErrorKind.ResourceUnavailable, $"eventfd failed: {Errno.Describe(Errno.Last)}");
        SetHandle(fd);
    }

    public int Descriptor => (int)handle;

    /// <summary>Adds one. A counter that is full has been signalled enough; the lost write changes nothing.</summary>
    public void Signal()
    {
        ulong one = 1;
        _ = Libc.write(this, &one, sizeof(ulong));
    }

    /// <summary>Takes all that was added. False where there was nothing.</summary>
    public bool TryReset()
    {
        ulong count;
        return Libc.read(this, &count, sizeof(ulong)) == sizeof(ulong);
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => Libc.close((int)handle) == 0;
}
