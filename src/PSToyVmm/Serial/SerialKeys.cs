namespace PSToyVmm;

/// <summary>What keys send.</summary>
static class SerialKeys
{
    public static string TextOf(SerialKey key) => key switch
    {
        SerialKey.Enter => "\r",
        SerialKey.Escape => "\x1b",
        SerialKey.Tab => "\t",
        SerialKey.Backspace => "\x7f",
        SerialKey.Space => " ",
        SerialKey.Up => "\x1b[A",
        SerialKey.Down => "\x1b[B",
        SerialKey.Right => "\x1b[C",
        SerialKey.Left => "\x1b[D",
        SerialKey.Home => "\x1b[H",
        SerialKey.End => "\x1b[F",
        SerialKey.Insert => "\x1b[2~",
        SerialKey.Delete => "\x1b[3~",
        SerialKey.PageUp => "\x1b[5~",
        SerialKey.PageDown => "\x1b[6~",
        >= SerialKey.F1 and <= SerialKey.F4 => $"\x1bO{(char)('P' + (key - SerialKey.F1))}",
        SerialKey.F5 => "\x1b[15~",
        >= SerialKey.F6 and <= SerialKey.F10 => $"\x1b[{17 + (key - SerialKey.F6)}~",
        SerialKey.F11 => "\x1b[23~",
        SerialKey.F12 => "\x1b[24~",
        >= SerialKey.CtrlA and <= SerialKey.CtrlZ => $"{(char)(1 + (key - SerialKey.CtrlA))}",
        SerialKey.CtrlBackslash => "\x1c",
        _ => throw new ArgumentOutOfRangeException(nameof(key), key, null),
    };
}
