using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace PSToyVmm.Engine.Native;

/// <summary>
/// What one thread waits for (ppoll(2)): any number of descriptors. It holds the handles, so that none of their numbers is
/// another file's meanwhile. Allocates nothing once it is made.
/// </summary>
sealed unsafe class PollSet : IDisposable
{
    public const short Readable = 1, Writable = 4; // POLLIN, POLLOUT; errors and hang-ups come unasked

    readonly PollDescriptor[] _descriptors;
    readonly SafeHandle[] _handles;
    int _held;

    /// <summary>Waits for all of them to be readable until told otherwise.</summary>
    public PollSet(params IReadOnlyList<SafeHandle> handles)
    {
        _handles = [.. handles];
        _descriptors = GC.AllocateArray<PollDescriptor>(_handles.Length, pinned: true);
        foreach (SafeHandle handle in _handles)
        {
            bool held = false;
            handle.DangerousAddRef(ref held);
            _descriptors[_held++] = new() { Fd = (int)handle.DangerousGetHandle(), Events = Readable };
        }
    }

    /// <summary>What to wait for at a descriptor. Nothing at all is not even a hang-up, which would come again and again.</summary>
    public void Await(int index, short events)
    {
        ref PollDescriptor descriptor = ref _descriptors[index];
        int fd = (int)_handles[index].DangerousGetHandle();
        descriptor.Fd = events == 0 ? ~fd : fd; // negative ones are left out
        descriptor.Events = events;
    }

    /// <summary>Returns when one of them is ready, or the time is over; null is for ever.</summary>
    public void Wait(TimeSpan? longest)
    {
        const long NanosecondsPerTick = 100;
        long* time = stackalloc long[2]; // struct timespec
        long ticks = Math.Max(longest.GetValueOrDefault().Ticks, 0);
        (time[0], time[1]) = (ticks / TimeSpan.TicksPerSecond, ticks % TimeSpan.TicksPerSecond * NanosecondsPerTick);
        PollDescriptor* descriptors = (PollDescriptor*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_descriptors));
        if (Libc.ppoll(descriptors, (nuint)_descriptors.Length, longest is null ? null : time, 0) >= 0) return;
        foreach (ref PollDescriptor descriptor in _descriptors.AsSpan()) descriptor.Returned = 0; // a signal: nothing is known
    }

    /// <summary>Whether the last wait found something at this descriptor.</summary>
    public bool IsReady(int index) => _descriptors[index].Returned != 0;

    public void Dispose()
    {
        while (_held > 0) _handles[--_held].DangerousRelease();
    }
}

/// <summary>One descriptor of ppoll(2).</summary>
[NativeName("struct pollfd", "poll.h")]
struct PollDescriptor
{
    public int Fd;
    public short Events;
    [NativeField("revents")] public short Returned;
}
