using System.Runtime.InteropServices;

namespace PSToyVmm.Engine.Virtio.Block;

/// <summary>
/// What a block device keeps its sectors in. One thread uses it, the device's: it queues requests, submits them together,
/// and takes completions in any order, some of which may be there when <see cref="Submit"/> returns.
/// </summary>
interface IBlockBackend : IDisposable
{
    /// <summary>Bytes; whole sectors of 512.</summary>
    ulong Capacity { get; }

    /// <summary>Bytes that are written without being read first, for the guest to align to: a power of two from 512 on.</summary>
    uint BlockSize { get; }

    bool IsReadOnly { get; }

    /// <summary>How it works, for statistics: <c>io_uring</c>, for example.</summary>
    string Engine { get; }

    /// <summary>Requests that may be in flight at a time.</summary>
    int QueueDepth { get; }

    /// <summary>Whether each write survives the host by itself, without a flush.</summary>
    bool Writethrough { get; set; }

    /// <summary>Readable, for poll(2), while there are completions to take; null where all requests have ended when <see cref="Submit"/> returns.</summary>
    SafeHandle? Completions { get; }

    /// <summary>Prepares a request; its tag is a number below <see cref="QueueDepth"/> that no other in flight has.</summary>
    void Queue(in BlockRequest request);

    /// <summary>Starts everything that was queued.</summary>
    void Submit();

    /// <summary>Takes a completion where there is one.</summary>
    bool TryComplete(out BlockCompletion completion);

    /// <summary>Waits until there is a completion to take; returns at once where nothing is in flight.</summary>
    void Wait();
}
