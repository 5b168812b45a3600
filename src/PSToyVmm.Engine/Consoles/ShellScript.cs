using System.Globalization;
using System.Text;

namespace PSToyVmm.Engine.Consoles;

/// <summary>
/// A command as text that a POSIX shell can be sent through a terminal. There only some bytes arrive as they were sent: a
/// control character is a key (Ctrl+C, erase, end of file), so each is written as what <c>printf</c> makes of its number.
/// </summary>
static class ShellScript
{
    // A variable for the line end, which a command substitution would lose at its end.
    const string Prelude = "_n=$(printf '\\n.');_n=${_n%.};";

    /// <summary>A program that runs a command in a shell of its own and writes <c>MARK-begin</c> before it and <c>MARK-end STATUS</c> after it.</summary>
    /// <exception cref="VmException">GuestCommandInvalid.</exception>
    public static string Of(string command, IEnumerable<string> arguments, string mark) =>
        $"{Prelude}(set -- {string.Join(' ', arguments.Select(Quote))};printf '%s-%s\\n' {mark} begin;eval {Quote(command)})</dev/null 2>&1;_s=$?;stty echo 2>/dev/null;printf '\\n%s-%s %d\\n' {mark} end $_s";

    /// <summary>A word that the shell takes for exactly this text, whatever is in it (POSIX.1-2017, XCU 2.2), without a control character.</summary>
    /// <exception cref="VmException">GuestCommandInvalid: a NUL, which a shell cannot have in anything.</exception>
    public static string Quote(string text)
    {
        StringBuilder word = new("'");
        foreach (char c in text)
            _ = c switch
            {
                '\0' => throw new VmException(VmErrorId.GuestCommandInvalid, VmErrorKind.InvalidArgument, "A command or an argument for a shell cannot have a NUL character in it; take it out."),
                '\'' => word.Append("'\\''"),
                '\n' => word.Append("'\"$_n\"'"),
                < ' ' or '\x7f' => word.Append(CultureInfo.InvariantCulture, $"'\"$(printf '\\{(c >> 6) & 7}{(c >> 3) & 7}{c & 7}')\"'"),
                _ => word.Append(c),
            };
        return word.Append('\'').ToString();
    }

    /// <summary>Cuts text into pieces of so many bytes of UTF-8 at the most, none in the middle of a character.</summary>
    public static IEnumerable<byte[]> Cut(string text, int bytes)
    {
        byte[] all = Encoding.UTF8.GetBytes(text);
        for (int from = 0, to; from < all.Length; from = to)
        {
            to = Math.Min(from + bytes, all.Length);
            while (to < all.Length && (all[to] & 0xc0) == 0x80) to--;
            yield return all[from..to];
        }
    }
}
