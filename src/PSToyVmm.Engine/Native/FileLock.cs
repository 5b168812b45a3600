using Microsoft.Win32.SafeHandles;

namespace PSToyVmm.Engine.Native;

/// <summary>
/// A lock on a whole file that goes with its descriptor (open file description locks, fcntl(2)). Only who asks for the like
/// is kept out, QEMU among them: .NET's own locks, flock(2), would keep out readers too.
/// </summary>
static unsafe class FileLock
{
    const int SetOpenFileLock = 37; // F_OFD_SETLK
    const short ReadLock = 0, WriteLock = 1; // F_RDLCK, F_WRLCK; from the start (SEEK_SET), and a length of 0 is to the end

    /// <summary>False where another descriptor has the file, in this process or another.</summary>
    /// <param name="file">Open for writing, or only for reading where the lock is shared.</param>
    /// <param name="shared">For readers, who keep out a writer but not each other.</param>
    public static bool TryTake(SafeFileHandle file, bool shared = false)
    {
        FileLockRequest request = new() { Type = shared ? ReadLock : WriteLock };
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
