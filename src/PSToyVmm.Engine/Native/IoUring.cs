using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;

namespace PSToyVmm.Engine.Native;

/// <summary>
/// A pair of rings shared with the kernel (io_uring(7)), through its system calls. For one thread, and for no more requests
/// at a time than it has entries, so that neither ring can overflow.
/// </summary>
sealed unsafe class IoUring : IDisposable
{
    const nint SetupCall = 425, EnterCall = 426;
    const nint SubmissionEntriesOffset = 0x1000_0000;                  // IORING_OFF_SQES; both rings are at 0
    const uint CooperativeTaskRun = 1 << 8;                            // no interrupt for a completion: this thread asks soon enough
    const uint WaitForCompletions = 1;

    // One mapping, no completion dropped, vectors free to go once submitted, and of 5.6 or later, which has every operation in use here.
    const uint NeededFeatures = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 3;

    readonly MappedRegion _rings, _entries;
    readonly uint* _submissionTail, _completionHead, _completionTail;
    readonly IoUringSubmission* _submissions;
    readonly IoUringCompletion* _completions;
    readonly uint _submissionMask, _completionMask;
    uint _tail, _submitted;

    IoUring(SafeFileHandle descriptor, in IoUringParameters parameters, MappedRegion rings, MappedRegion entries)
    {
        (Handle, _rings, _entries) = (descriptor, rings, entries);
        byte* at = (byte*)rings.Pointer;
        _submissionTail = (uint*)(at + parameters.Submission.Tail);
        _submissionMask = *(uint*)(at + parameters.Submission.RingMask);
        _completionHead = (uint*)(at + parameters.Completion.Head);
        _completionTail = (uint*)(at + parameters.Completion.Tail);
        _completionMask = *(uint*)(at + parameters.Completion.RingMask);
        _completions = (IoUringCompletion*)(at + parameters.Completion.Cqes);
        _submissions = (IoUringSubmission*)entries.Pointer;
        Capacity = (int)parameters.SubmissionEntries;
        // The ring holds indices of entries; each place keeps its own for ever.
        uint* array = (uint*)(at + parameters.Submission.Array);
        for (uint i = 0; i < parameters.SubmissionEntries; i++) array[i] = i;
    }

    /// <summary>Requests that fit at a time.</summary>
    public int Capacity { get; }

    /// <summary>Requests whose completion has not been taken.</summary>
    public int InFlight { get; private set; }

    /// <summary>For poll(2): readable while there are completions to take.</summary>
    public SafeFileHandle Handle { get; }

    /// <summary>Makes the rings.</summary>
    /// <param name="entries">Requests at a time; rounded up to a power of two.</param>
    /// <param name="reason">Why there are none: the host forbids it (kernel.io_uring_disabled, seccomp), or its kernel is too old.</param>
    public static IoUring? TryCreate(int entries, out string reason)
    {
        IoUringParameters parameters = new() { Flags = CooperativeTaskRun };
        nint descriptor = Libc.syscall(SetupCall, entries, (nint)(&parameters), 0, 0, 0, 0);
        if (descriptor < 0 && Errno.Last == Libc.EINVAL)
        {
            parameters = default;                                      // a kernel before 5.19 does not know the flag
            descriptor = Libc.syscall(SetupCall, entries, (nint)(&parameters), 0, 0, 0, 0);
        }
        if (descriptor < 0)
        {
            reason = $"io_uring_setup failed: {Errno.Describe(Errno.Last)}";
            return null;
        }
        SafeFileHandle file = new(descriptor, ownsHandle: true);
        MappedRegion? rings = null, submissions = null;
        if ((parameters.Features & NeededFeatures) != NeededFeatures)
            reason = $"this kernel's io_uring lacks features (it has 0x{parameters.Features:x})";
        else
        {
            ulong ringSize = Math.Max(
                parameters.Submission.Array + parameters.SubmissionEntries * sizeof(uint),
                parameters.Completion.Cqes + (ulong)parameters.CompletionEntries * (ulong)sizeof(IoUringCompletion));
            rings = MappedRegion.TryShared(file, ringSize, 0);
            submissions = MappedRegion.TryShared(file, (ulong)parameters.SubmissionEntries * (ulong)sizeof(IoUringSubmission), SubmissionEntriesOffset);
            if (rings is not null && submissions is not null)
            {
                reason = "";
                return new(file, parameters, rings, submissions);
            }
            reason = $"io_uring could not be set up: {Errno.Describe(Errno.Last)}";
        }
        rings?.Dispose();
        submissions?.Dispose();
        file.Dispose();
        return null;
    }

    /// <summary>Prepares a request; the kernel sees it at the next <see cref="Submit"/>.</summary>
    /// <exception cref="InvalidOperationException">More than <see cref="Capacity"/> at a time.</exception>
    public void Add(in IoUringSubmission submission)
    {
        if (InFlight == Capacity) throw new InvalidOperationException("io_uring has more requests than entries");
        _submissions[_tail++ & _submissionMask] = submission;
        InFlight++;
    }

    /// <summary>Hands over what was prepared in one system call, and waits for a completion where asked to.</summary>
    /// <returns>0; or the error number for which the kernel took no more: <see cref="TryRevoke"/> returns what it left.</returns>
    public int Submit(bool wait = false)
    {
        Volatile.Write(ref *_submissionTail, _tail);
        bool waited = false;
        while (_submitted != _tail || (wait && !waited && !HasCompletion))
        {
            nint taken = Libc.syscall(EnterCall, Handle.DangerousGetHandle(), (nint)(_tail - _submitted), wait ? 1 : 0, wait ? (nint)WaitForCompletions : 0, 0, 0);
            if (taken >= 0)
            {
                _submitted += (uint)taken;
                waited = true;
                if (taken == 0 && _submitted != _tail) return Libc.EAGAIN;
            }
            else if (Errno.Last != Libc.EINTR) return Errno.Last;
        }
        return 0;
    }

    /// <summary>Takes back the last request that the kernel has not taken.</summary>
    public bool TryRevoke(out ulong userData)
    {
        userData = 0;
        if (_submitted == _tail) return false;
        userData = _submissions[--_tail & _submissionMask].UserData;
        Volatile.Write(ref *_submissionTail, _tail);
        InFlight--;
        return true;
    }

    /// <summary>Takes a completion where there is one.</summary>
    public bool TryTake(out IoUringCompletion completion)
    {
        Unsafe.SkipInit(out completion);
        uint head = *_completionHead;
        if (head == Volatile.Read(ref *_completionTail)) return false;
        completion = _completions[head & _completionMask];
        Volatile.Write(ref *_completionHead, head + 1);
        InFlight--;
        return true;
    }

    /// <summary>Closes the rings. Whoever owns the requests' memory has waited for them before.</summary>
    public void Dispose()
    {
        Handle.Dispose();
        _entries.Dispose();
        _rings.Dispose();
    }

    bool HasCompletion => *_completionHead != Volatile.Read(ref *_completionTail);
}
