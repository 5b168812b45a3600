using System.Text;
using PSToyVmm.Terminal;
using Xunit;

namespace PSToyVmm.Tests.Unit.Terminal;

public class EscapeKeysTests
{
    [Theory]
    [InlineData("ls\r", "Guest:ls\r")]
    [InlineData("a\x1d", "Guest:a Escape")]
    [InlineData("\x1d?", "Escape Menu")]
    [InlineData("\x1dl", "Escape Detach")]
    [InlineData("\x1d\x1d", "Escape Detach")]
    [InlineData("\x1d\e", "Escape Detach")]
    [InlineData("\x1d" + "exit\r", "Escape Detach")]
    [InlineData("\e[27;5;93~?", "Escape Menu")]
    [InlineData("\e[93;5u?", "Escape Menu")]
    [InlineData("\x1d\e[12;40R?", "Escape Guest:\e[12;40R Menu")]          // the terminal's answer is no key
    [InlineData("\x1d?b", "Escape Menu Choice:b")]
    [InlineData("\x1d?Bh", "Escape Menu Choice:b Guest:h")]                // break, and the key of magic SysRq
    [InlineData("\x1d?\x1d", "Escape Menu Detach")]
    [InlineData("\x1d?\e[93;5u", "Escape Menu Detach")]
    [InlineData("\x1d?\e", "Escape Menu Back")]
    [InlineData("\x1d?\e[27u", "Escape Menu Back")]
    [InlineData("\x1d?\e[98ux", "Escape Menu Choice:b Guest:x")]
    [InlineData("\x1d?\eOA", "Escape Menu None")]                          // Up, not a
    [InlineData("\x1d?\e[A\e[<0;5;5M\e[M ab\ed", "Escape Menu None None None None")]
    [InlineData("\x1d?\xc3\xa4x", "Escape Menu Choice:\xfffd Guest:x")]      // one key of two bytes
    [InlineData("\x1d?\xf0\x90\x81\xa2x", "Escape Menu Choice:\xfffd Guest:x")] // U+10062 is not b
    [InlineData("\x1d?\xe4x", "Escape Menu Choice:\xfffd Guest:x")]          // Latin-1
    [InlineData("\x1d\xc3\xa4", "Escape Detach")]
    [InlineData("\x1d?\e[999999999999ua", "Escape Menu None Choice:a")]
    [InlineData("\x1d?d", "Escape Menu Choice:d")]
    [InlineData("\e[A\eOB?", "Guest:\e[A\eOB?")]
    public void Of_what_is_typed_everybody_gets_his_own(string typed, string parts) => Assert.Equal(parts, Split(new(), typed));

    [Theory]
    [InlineData("\x1d|?|b", "Escape Menu Choice:b")]
    [InlineData("\x1d|x", "Escape Detach")]
    [InlineData("\x1d?|\e|x", "Escape Menu Back Guest:x")]
    [InlineData("\x1d?|\xc3|\xa4|x", "Escape Menu Choice:\xfffd None Guest:x")]
    [InlineData("\x1d?\xf0|\x9f\x98|\x80x", "Escape Menu Choice:\xfffd None None Guest:x")]
    [InlineData("\x1d?\xe4|x\xa4", "Escape Menu Choice:\xfffd Guest:x\xa4")] // Latin-1
    public void However_it_comes(string typed, string parts)
    {
        EscapeKeys keys = new();
        Assert.Equal(parts, string.Join(' ', typed.Split('|').Select(some => Split(keys, some))));
    }

    [Fact]
    public void It_waits_only_right_after_the_escape_key()
    {
        EscapeKeys keys = new();
        Split(keys, "a");
        Assert.False(keys.IsUndecided);
        Split(keys, "\x1d");
        Assert.True(keys.IsUndecided);
        Split(keys, "?");
        Assert.False(keys.IsUndecided);
        Split(keys, "x");
        Assert.False(keys.IsUndecided);
    }

    [Fact]
    public void Whatever_is_typed_comes_to_an_end()
    {
        Random random = new(1);
        byte[] typed = new byte[64];
        for (int i = 0; i < 20_000; i++)
        {
            random.NextBytes(typed);
            for (int j = 0; j < typed.Length; j++)
                if (typed[j] % 3 == 0) typed[j] = "\e[?\x1dOM;u~"u8[typed[j] % 9];
            EscapeKeys keys = new();
            ReadOnlySpan<byte> left = typed;
            for (int steps = 0; !left.IsEmpty; steps++)
            {
                Assert.InRange(steps, 0, typed.Length);
                keys.Next(ref left, out _);
            }
        }
    }

    static string Split(EscapeKeys keys, string typed)
    {
        ReadOnlySpan<byte> left = Encoding.Latin1.GetBytes(typed);
        List<string> parts = [];
        while (!left.IsEmpty)
        {
            TypedPart part = keys.Next(ref left, out ReadOnlySpan<byte> forGuest);
            parts.Add(part switch
            {
                TypedPart.Guest => $"Guest:{Encoding.Latin1.GetString(forGuest)}",
                TypedPart.Choice => $"Choice:{keys.Choice}",
                _ => part.ToString(),
            });
        }
        return string.Join(' ', parts);
    }
}
