namespace PSToyVmm.Terminal;

/// <summary>Ctrl+], which detaches: the byte that telnet and virsh use too, and what terminals send instead of it when a guest asked for more precise keys.</summary>
static class EscapeKey
{
    const byte Plain = 0x1d;

    /// <summary>Where the key starts in what was typed; -1 where it was not pressed.</summary>
    public static int IndexIn(ReadOnlySpan<byte> typed)
    {
        int plain = typed.IndexOf(Plain);
        int otherKeys = typed.IndexOf("\e[27;5;93~"u8); // xterm's modifyOtherKeys
        int kitty = typed.IndexOf("\e[93;5u"u8);
        return (int)uint.Min((uint)plain, uint.Min((uint)otherKeys, (uint)kitty)); // -1 is the largest
    }
}
