namespace PSToyVmm.Terminal;

/// <summary>Ctrl+]: the byte that telnet and virsh use too, and what terminals send instead of it when a guest asked for more precise keys.</summary>
static class EscapeKey
{
    /// <summary>What a terminal sends that was not asked for anything else.</summary>
    public const byte Plain = 0x1d;

    static ReadOnlySpan<byte> OtherKeys => "\e[27;5;93~"u8; // xterm's modifyOtherKeys

    static ReadOnlySpan<byte> Kitty => "\e[93;5u"u8;

    /// <summary>Where the key starts in what was typed, and its length; -1 where it was not pressed.</summary>
    public static int IndexIn(ReadOnlySpan<byte> typed, out int length)
    {
        int plain = typed.IndexOf(Plain), otherKeys = typed.IndexOf(OtherKeys), kitty = typed.IndexOf(Kitty);
        int first = (int)uint.Min((uint)plain, uint.Min((uint)otherKeys, (uint)kitty)); // -1 is the largest
        length = first == plain ? 1 : first == otherKeys ? OtherKeys.Length : Kitty.Length;
        return first;
    }
}
