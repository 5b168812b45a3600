using System.Runtime.InteropServices;

namespace PSToyVmm.Engine.Native;

/// <summary>
/// The C library's functions that .NET has no equal for: signatures only, names and argument order as in the Linux manual
/// pages. Plain P/Invokes, so that a thread inside a blocking one does not hold up the garbage collector.
/// </summary>
static unsafe partial class Libc
{
    const string Library = "libc";

    public const int O_RDWR = 2, O_EXCL = 0x80, O_NONBLOCK = 0x800, O_CLOEXEC = 0x80000;
    public const int PROT_NONE = 0, PROT_READ = 1, PROT_WRITE = 2;
    public const int MAP_SHARED = 1, MAP_PRIVATE = 2, MAP_FIXED = 0x10, MAP_ANONYMOUS = 0x20, MAP_NORESERVE = 0x4000, MAP_POPULATE = 0x8000, MAP_HUGETLB = 0x4_0000;
    public const int MADV_HUGEPAGE = 14, MADV_NOHUGEPAGE = 15, MADV_DONTDUMP = 16;
    public const int EFD_CLOEXEC = 0x80000, EFD_NONBLOCK = 0x800;
    public const int SIG_BLOCK = 0, SIG_SETMASK = 2;
    public const int RWF_DSYNC = 2;
    public const int FALLOC_FL_KEEP_SIZE = 1, FALLOC_FL_PUNCH_HOLE = 2, FALLOC_FL_ZERO_RANGE = 0x10;
    public const int EPERM = 1, ENOENT = 2, EINTR = 4, EIO = 5, E2BIG = 7, EAGAIN = 11, ENOMEM = 12, EACCES = 13, EFAULT = 14, EBUSY = 16, ENODEV = 19, EINVAL = 22,
        ENOSPC = 28, EROFS = 30, EBADFD = 77, EOPNOTSUPP = 95, EADDRNOTAVAIL = 99, ECONNRESET = 104;
    public const int AF_UNIX = 1, AF_INET = 2, AF_INET6 = 10, SOCK_STREAM = 1, SOCK_DGRAM = 2, SOCK_NONBLOCK = 0x800, SOCK_CLOEXEC = 0x80000;

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int open(string path, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int close(int fd);

    // SafeHandle: holds a reference for the duration, so that the descriptor is not recycled under a running vCPU.
    [LibraryImport(Library, SetLastError = true)]
    public static partial int ioctl(SafeHandle fd, nuint request, nint argument);

    /// <summary>For the one call that is made millions of times a second: KVM_RUN. Its caller holds the SafeHandle.</summary>
    [LibraryImport(Library, SetLastError = true)]
    public static partial int ioctl(int fd, nuint request, nint argument);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint mmap(nint address, nuint length, int protection, int flags, int fd, nint offset);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int munmap(nint address, nuint length);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int madvise(nint address, nuint length, int advice);

    /// <summary>The vector has a byte for each page.</summary>
    [LibraryImport(Library, SetLastError = true)]
    public static partial int mincore(nint address, nuint length, byte* vector);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int memfd_create(string name, uint flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int ftruncate(SafeHandle fd, nint length);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int fcntl(SafeHandle fd, int command, FileLockRequest* argument);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int chown(string path, uint owner, uint group);

    /// <summary>Returns the error number; does not set errno.</summary>
    [LibraryImport(Library)]
    public static partial int posix_fallocate(SafeHandle fd, nint offset, nint length);

    /// <summary>Thread 0 is the calling one; the mask's length is in bytes.</summary>
    [LibraryImport(Library, SetLastError = true)]
    public static partial int sched_getaffinity(int thread, nuint length, ulong* mask);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int sched_setaffinity(int thread, nuint length, ulong* mask);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int eventfd(uint initial, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint getrandom(void* buffer, nuint count, uint flags);

    /// <summary>A time of null is for ever, a mask of 0 leaves signals as they are.</summary>
    [LibraryImport(Library, SetLastError = true)]
    public static partial int ppoll(PollDescriptor* descriptors, nuint count, long* time, nint mask);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint write(SafeHandle fd, void* buffer, nuint count);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint read(SafeHandle fd, void* buffer, nuint count);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint readv(SafeHandle fd, nint vectors, int count);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint writev(SafeHandle fd, nint vectors, int count);

    /// <summary>For frames, of which there are a million in a second; and the next one. Their caller holds the SafeHandle.</summary>
    [LibraryImport(Library, SetLastError = true)]
    public static partial nint readv(int fd, nint vectors, int count);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint writev(int fd, nint vectors, int count);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int socket(int family, int type, int protocol);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int socketpair(int family, int type, int protocol, int* pair);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint pread(SafeHandle fd, void* buffer, nuint count, nint offset);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint preadv(SafeHandle fd, nint vectors, int count, nint offset);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint pwritev2(SafeHandle fd, nint vectors, int count, nint offset, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int fdatasync(SafeHandle fd);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int fallocate(SafeHandle fd, int mode, nint offset, nint length);

    /// <summary>A variadic function, called with whole numbers only: as x86-64 passes them, that is the same.</summary>
    [LibraryImport(Library, SetLastError = true)]
    public static partial nint syscall(nint number, nint a, nint b, nint c, nint d, nint e, nint f);

    /// <summary>Returns the error number; does not set errno.</summary>
    [LibraryImport(Library)]
    public static partial int pthread_sigmask(int how, SignalSet* set, SignalSet* old);

    [LibraryImport(Library)]
    public static partial nuint pthread_self();

    [LibraryImport(Library)]
    public static partial int gettid();

    /// <summary>timespec is two 64-bit words on x86-64.</summary>
    [LibraryImport(Library, SetLastError = true)]
    public static partial int clock_gettime(int clock, long* time);

    /// <summary>Returns the error number. pthread_attr_t has 56 bytes on x86-64; what this fills has to be destroyed.</summary>
    [LibraryImport(Library)]
    public static partial int pthread_getattr_np(nuint thread, long* attributes);

    [LibraryImport(Library)]
    public static partial int pthread_attr_getstack(long* attributes, nint* address, nuint* size);

    [LibraryImport(Library)]
    public static partial int pthread_attr_destroy(long* attributes);

    /// <summary>Returns the error number; does not set errno.</summary>
    [LibraryImport(Library)]
    public static partial int pthread_kill(nuint thread, int signal);

    /// <summary>timespec is two 64-bit words on x86-64.</summary>
    [LibraryImport(Library, SetLastError = true)]
    public static partial int sigtimedwait(SignalSet* set, nint info, long* timeout);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int stat(string path, LinuxStat* into);
}

/// <summary>glibc's <c>sigset_t</c>: 1024 bits, of which the kernel knows the first 64.</summary>
unsafe struct SignalSet
{
    public fixed ulong Words[16];

    public static SignalSet Of(int signal)
    {
        SignalSet set = default;
        set.Words[0] = 1ul << (signal - 1);
        return set;
    }
}
