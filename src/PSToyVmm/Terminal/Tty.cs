using System.Runtime.InteropServices;

namespace PSToyVmm.Terminal;

/// <summary>
/// The C library's terminal calls, as in the manual pages; <see cref="Console"/> has no equal for them. Plain P/Invokes,
/// so that a thread that waits in one does not hold up the garbage collector.
/// </summary>
static unsafe partial class Tty
{
    const string Library = "libc";

    public const int StandardInput = 0, StandardOutput = 1;
    public const int ApplyNow = 0; // TCSANOW: never waits for a terminal that does not drain
    public const int ErrorInterrupted = 4, ErrorAgain = 11;
    public const short Readable = 0x01, Writable = 0x04, Failed = 0x08 | 0x10 | 0x20; // POLLIN, POLLOUT, POLLERR|HUP|NVAL

    const int WriteOnly = 0x1, ReadWrite = 0x2, NoControllingTerminal = 0x100, NonBlocking = 0x800, CloseOnExec = 0x80000;
    const nuint GetWindowSize = 0x5413, GetDevice = 0x80045432; // TIOCGWINSZ, TIOCGDEV

    public static int LastError => Marshal.GetLastPInvokeError();

    /// <summary>
    /// Opens the terminal behind <paramref name="terminal"/> once more, non-blocking. Setting O_NONBLOCK on the descriptor
    /// itself would set it for the shell too: descriptors that were duplicated share their flags. -1 where that fails.
    /// </summary>
    public static int OpenNonBlocking(int terminal) =>
        open($"/proc/self/fd/{terminal}", WriteOnly | NoControllingTerminal | NonBlocking | CloseOnExec);

    /// <summary>Opens a terminal by its path; -1 where that fails.</summary>
    public static int Open(string path) => open(path, ReadWrite | NoControllingTerminal | CloseOnExec);

    /// <summary>The number of a terminal's device, the same by whichever name it was opened; 0 where it is none.</summary>
    public static uint DeviceOf(int terminal)
    {
        uint device = 0;
        return ioctl(terminal, GetDevice, (nint)(&device)) == 0 ? device : 0;
    }

    /// <summary>The path by which a descriptor was opened.</summary>
    public static string NameOf(int descriptor) => new FileInfo($"/proc/self/fd/{descriptor}").LinkTarget ?? "";

    /// <summary>An eventfd that stays readable once it is signalled.</summary>
    public static int OpenSignal() => eventfd(0, NonBlocking | CloseOnExec);

    /// <summary>Makes a descriptor of <see cref="OpenSignal"/> readable.</summary>
    public static void Signal(int signal)
    {
        ulong one = 1;
        _ = write(signal, &one, sizeof(ulong));
    }

    /// <summary>Columns and rows of a terminal; (0, 0) where it does not know.</summary>
    public static (int Columns, int Rows) SizeOf(int terminal)
    {
        ushort* size = stackalloc ushort[4]; // struct winsize: rows, columns, and two in pixels
        return ioctl(terminal, GetWindowSize, (nint)size) == 0 ? (size[1], size[0]) : (0, 0);
    }

    /// <summary>Waits for one of two descriptors; a negative one is ignored. Returns false when the time was over.</summary>
    public static bool Wait(ref PollEntry first, ref PollEntry second, int milliseconds = -1)
    {
        PollEntry* entries = stackalloc PollEntry[] { first, second };
        int ready;
        do ready = poll(entries, 2, milliseconds);
        while (ready < 0 && LastError == ErrorInterrupted);
        (first, second) = (entries[0], entries[1]);
        return ready > 0;
    }

    public static nint Read(int descriptor, Span<byte> into)
    {
        fixed (byte* p = into) return read(descriptor, p, (nuint)into.Length);
    }

    public static nint Write(int descriptor, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* p = bytes) return write(descriptor, p, (nuint)bytes.Length);
    }

    [LibraryImport(Library, SetLastError = true)]
    public static partial int tcgetattr(int fd, Termios* settings);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int tcsetattr(int fd, int when, Termios* settings);

    [LibraryImport(Library)]
    public static partial void cfmakeraw(Termios* settings);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int close(int fd);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport(Library, SetLastError = true)]
    private static partial int eventfd(uint initial, int flags);

    [LibraryImport(Library, SetLastError = true)]
    private static partial int ioctl(int fd, nuint request, nint argument);

    [LibraryImport(Library, SetLastError = true)]
    private static partial int poll(PollEntry* entries, nuint count, int milliseconds);

    [LibraryImport(Library, SetLastError = true)]
    private static partial nint read(int fd, void* buffer, nuint count);

    [LibraryImport(Library, SetLastError = true)]
    private static partial nint write(int fd, void* buffer, nuint count);
}

/// <summary>poll(2)'s <c>struct pollfd</c>.</summary>
struct PollEntry(int descriptor, short events)
{
    public int Descriptor = descriptor;
    public short Events = events;
    public short Returned = 0;
}
