using Microsoft.Win32.SafeHandles;

namespace PSToyVmm.Engine.Native;

/// <summary>
/// A write lock on a whole file that goes with its descriptor (open file description locks, fcntl(2)). Only who asks for
/// the like is kept out: .NET's own locks, flock(2), would keep out readers too.
/// </summary>
static unsafe class FileLock
{
    const int SetOpenFileLock = 37; // F_OFD_SETLK
    const short WriteLock = 1; // F_WRLCK; from the start (SEEK_SET), and a length of 0 is to the end

    /// <summary>False where another descriptor has the file, in this process or another.</summary>
    public static bool TryTake(SafeFileHandle file)
    {
        FileLockRequest request = new() { Type = WriteLock };
        return Libc.fcntl(file, SetOpenFileLock, &request) == 0;
    }
}

/// <summary>struct flock of x86-64.</summary>
[NativeName("struct flock", "fcntl.h")]
struct FileLockRequest
{
    [NativeField("l_type")] public short Type;
    [NativeField("l_whence")] public short Whence;
    [NativeField("l_start")] public long Start;
    [NativeField("l_len")] public long Length;
    [NativeField("l_pid")] public int Owner;
}
