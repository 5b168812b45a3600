using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using PSToyVmm.Terminal;
using Xunit;

namespace PSToyVmm.Tests.Unit.Terminal;

/// <summary>A real terminal whose other side the test holds: what a terminal window, tmux or ssh has.</summary>
sealed unsafe partial class PseudoTerminal : IDisposable
{
    const int ReadWrite = 0x2, NoControllingTerminal = 0x100, NonBlocking = 0x800;
    const nuint Unlock = 0x40045431, OpenPeer = 0x5441, SetWindowSize = 0x5414; // TIOCSPTLCK, TIOCGPTPEER, TIOCSWINSZ

    readonly MemoryStream _shown = new();
    int _window = open("/dev/ptmx", ReadWrite | NoControllingTerminal | NonBlocking);

    public PseudoTerminal()
    {
        int locked = 0;
        Assert.True(_window >= 0 && ioctl(_window, Unlock, (nint)(&locked)) == 0);
        Descriptor = (int)ioctl(_window, OpenPeer, ReadWrite | NoControllingTerminal);
        Assert.True(Descriptor >= 0);
    }

    /// <summary>The side that a program has as its standard input and output.</summary>
    public int Descriptor { get; }

    /// <summary>All that the program has written so far.</summary>
    public byte[] Shown
    {
        get
        {
            Span<byte> buffer = stackalloc byte[4096];
            for (nint count; (count = Tty.Read(_window, buffer)) > 0;) _shown.Write(buffer[..(int)count]);
            return _shown.ToArray();
        }
    }

    public void Type(string keys) => Type(Encoding.UTF8.GetBytes(keys));

    public void Type(ReadOnlySpan<byte> keys) => Assert.Equal(keys.Length, (int)Tty.Write(_window, keys));

    /// <summary>Waits until the program has written so much.</summary>
    public byte[] WaitFor(ReadOnlySpan<byte> expected)
    {
        PollEntry more = new(_window, Tty.Readable), none = new(-1, 0);
        for (Stopwatch watch = Stopwatch.StartNew(); watch.Elapsed.TotalSeconds < 10; Tty.Wait(ref more, ref none, 100))
            if (Shown is var shown && shown.AsSpan().IndexOf(expected) >= 0) return shown;
        Assert.Fail($"expected {Encoding.UTF8.GetString(expected)}, have {Encoding.UTF8.GetString(Shown)}");
        return [];
    }

    public void Resize(ushort columns, ushort rows)
    {
        ushort* size = stackalloc ushort[] { rows, columns, 0, 0 };
        Assert.Equal(0, ioctl(_window, SetWindowSize, (nint)size));
    }

    /// <summary>Closes the window.</summary>
    public void HangUp()
    {
        if (_window >= 0) _ = Tty.close(_window);
        _window = -1;
    }

    public void Dispose()
    {
        HangUp();
        _ = Tty.close(Descriptor);
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc")]
    private static partial nint ioctl(int fd, nuint request, nint argument);
}
