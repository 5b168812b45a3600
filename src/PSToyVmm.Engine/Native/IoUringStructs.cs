using System.Runtime.InteropServices;

namespace PSToyVmm.Engine.Native;

/// <summary>What an <see cref="IoUringSubmission"/> asks for: IORING_OP_* of linux/io_uring.h.</summary>
enum IoUringOperation : byte
{
    ReadVectors = 1,
    WriteVectors = 2,
    Sync = 3,
    Allocate = 17,
}

/// <summary>One entry of the submission queue; only what files need has a name.</summary>
[StructLayout(LayoutKind.Explicit, Size = 64), NativeName("struct io_uring_sqe", "linux/io_uring.h")]
struct IoUringSubmission
{
    [FieldOffset(0), NativeField("opcode")] public IoUringOperation Operation;
    [FieldOffset(1)] public byte Flags;
    [FieldOffset(4), NativeField("fd")] public int Descriptor;
    [FieldOffset(8), NativeField("off")] public ulong Offset;

    /// <summary>The first vector; for an allocation its length.</summary>
    [FieldOffset(16), NativeField("addr")] public ulong Address;

    /// <summary>How many vectors; for an allocation its mode.</summary>
    [FieldOffset(24), NativeField("len")] public uint Length;

    /// <summary>RWF_* of a transfer, IORING_FSYNC_* of a sync.</summary>
    [FieldOffset(28), NativeField("rw_flags")] public uint OperationFlags;
    [FieldOffset(32)] public ulong UserData;
}

/// <summary>One entry of the completion queue.</summary>
[NativeName("struct io_uring_cqe", "linux/io_uring.h")]
struct IoUringCompletion
{
    public ulong UserData;

    /// <summary>What the system call of that name returns; below zero an error number, negated.</summary>
    [NativeField("res")] public int Result;
    public uint Flags;
}

/// <summary>Where in its mapping the submission queue has what.</summary>
[NativeName("struct io_sqring_offsets", "linux/io_uring.h")]
struct IoUringSubmissionOffsets
{
    public uint Head, Tail, RingMask, RingEntries, Flags, Dropped, Array;
    public uint Reserved1;
    public ulong Reserved2;
}

/// <summary>Where in its mapping the completion queue has what.</summary>
[NativeName("struct io_cqring_offsets", "linux/io_uring.h")]
struct IoUringCompletionOffsets
{
    public uint Head, Tail, RingMask, RingEntries, Overflow, Cqes, Flags;
    public uint Reserved1;
    public ulong Reserved2;
}

/// <summary>Asked of io_uring_setup(2), and its answer.</summary>
[NativeName("struct io_uring_params", "linux/io_uring.h")]
unsafe struct IoUringParameters
{
    [NativeField("sq_entries")] public uint SubmissionEntries;
    [NativeField("cq_entries")] public uint CompletionEntries;
    public uint Flags;
    public uint SqThreadCpu, SqThreadIdle;
    public uint Features;
    public uint WqFd;
    fixed uint _reserved[3];
    [NativeField("sq_off")] public IoUringSubmissionOffsets Submission;
    [NativeField("cq_off")] public IoUringCompletionOffsets Completion;
}
