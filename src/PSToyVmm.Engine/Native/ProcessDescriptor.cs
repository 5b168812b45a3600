using Microsoft.Win32.SafeHandles;

namespace PSToyVmm.Engine.Native;

/// <summary>A process that need not be a child's (pidfd_open(2)): however many come and go, this is the same one.</summary>
sealed class ProcessDescriptor : SafeHandleMinusOneIsInvalid
{
    const int Open = 434, SendSignal = 424, Kill = 9;

    ProcessDescriptor(nint descriptor) : base(ownsHandle: true) => SetHandle(descriptor);

    /// <summary>Opens one; null where there is none of that number any more.</summary>
    public static ProcessDescriptor? TryOpen(int process)
    {
        nint descriptor = Libc.syscall(Open, process, 0, 0, 0, 0, 0);
        return descriptor < 0 ? null : new(descriptor);
    }

    /// <summary>Returns when it has ended: by itself within that time, and by force after it.</summary>
    public void End(TimeSpan grace)
    {
        using PollSet end = new(this);
        end.Wait(grace);
        if (end.IsReady(0)) return;
        _ = Libc.syscall(SendSignal, handle, Kill, 0, 0, 0, 0);
        end.Wait(grace);
    }

    protected override bool ReleaseHandle() => Libc.close((int)handle) == 0;
}
