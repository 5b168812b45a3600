using PSToyVmm.Engine;

namespace PSToyVmm.Terminal;

/// <summary>
/// A terminal's settings (termios(3)), opaque: they are read, made raw by the C library and written back. Longer than
/// any C library's structure, so that its layout need not be known here.
/// </summary>
unsafe struct Termios : IEquatable<Termios>
{
    const int Room = 128;

    fixed byte _bytes[Room];

    /// <summary>The settings of a terminal.</summary>
    /// <exception cref="VmException">TerminalRequired: it is none.</exception>
    public static Termios Of(int terminal) => TryGet(terminal, out Termios settings)
        ? settings
        : throw new VmException(VmErrorId.TerminalRequired, VmErrorKind.InvalidState, $"Descriptor {terminal} is not a terminal (errno {Tty.LastError}).");

    /// <summary>False where it is no terminal, or has gone.</summary>
    public static bool TryGet(int terminal, out Termios settings)
    {
        fixed (Termios* p = &settings)
        {
            *p = default; // the C library writes less than there is
            return Tty.tcgetattr(terminal, p) == 0;
        }
    }

    /// <summary>These settings with every byte passed through as it is: no echo, no lines, no signals from keys, no CR or LF changed.</summary>
    public readonly Termios MadeRaw()
    {
        Termios raw = this;
        Tty.cfmakeraw(&raw);
        return raw;
    }

    /// <summary>These settings with lines, echo and signal keys, as <c>stty sane</c> has them.</summary>
    public readonly Termios MadeSane()
    {
        // Linux's struct, glibc's and musl's: four words of flags for input, output, line and terminal.
        const uint IcrnlAndIxon = 0x500, OpostAndOnlcr = 0x5, IsigIcanonEchoAndIexten = 0x803b;
        Termios sane = this;
        uint* flags = (uint*)sane._bytes;
        flags[0] |= IcrnlAndIxon;
        flags[1] |= OpostAndOnlcr;
        flags[3] |= IsigIcanonEchoAndIexten;
        return sane;
    }

    /// <summary>Applies them at once. Fails silently where the terminal has gone: there is nothing left to set then.</summary>
    public readonly void ApplyTo(int terminal)
    {
        Termios settings = this;
        _ = Tty.tcsetattr(terminal, Tty.ApplyNow, &settings);
    }

    /// <inheritdoc/>
    public readonly bool Equals(Termios other)
    {
        fixed (byte* mine = _bytes)
            return new ReadOnlySpan<byte>(mine, Room).SequenceEqual(new ReadOnlySpan<byte>(other._bytes, Room));
    }

    /// <inheritdoc/>
    public override readonly bool Equals(object? obj) => obj is Termios other && Equals(other);

    /// <inheritdoc/>
    public override readonly int GetHashCode() => _bytes[0];
}
