using System.Text;
using PSToyVmm.Engine.Consoles;
using PSToyVmm.Terminal;
using Xunit;

namespace PSToyVmm.Tests.Unit.Terminal;

public class ScreenTests
{
    [Theory]
    [InlineData("text ü€ \r\n")]
    [InlineData("\e[2J\e[1;31mred\e[0m\e[?1049h\e[5;10r")]
    [InlineData("\e]0;title\a\e]2;title\e\\text")]
    [InlineData("\e(B\e7\e8\e=\ec")]
    [InlineData("half a sequence \e[12;")]
    [InlineData("\e[12\x18text")]
    public void A_replay_shows_what_is_no_question(string said)
    {
        if (said.Contains('\x18'))
            Assert.Equal("\x18text", Replay(said, said.Length)); // cancelled: nothing of it is left to show
        else
            for (int piece = 1; piece <= said.Length; piece++) Assert.Equal(said, Replay(said, piece));
    }

    [Theory]
    [InlineData("\e[6n")]
    [InlineData("\e[?6n")]
    [InlineData("\e[5n")]
    [InlineData("\e[c")]
    [InlineData("\e[>0c")]
    [InlineData("\e[18t")]
    [InlineData("\e[?2026$p")]
    [InlineData("\e[?u")]
    [InlineData("\e[>0q")]
    [InlineData("\e]11;?\a")]
    [InlineData("\e]4;1;?\e\\")]
    [InlineData("\eP+q544e\e\\")]
    [InlineData("\eP$qm\e\\")]
    [InlineData("\eZ")]
    [InlineData("\x05")]
    [InlineData("\e[3\e[6n")]
    public void A_replay_asks_the_terminal_nothing(string question)
    {
        for (int piece = 1; piece <= question.Length + 2; piece++) Assert.Equal("ab", Replay($"a{question}b", piece));
    }

    [Fact]
    public void A_picture_longer_than_any_question_is_shown_whole()
    {
        string picture = $"\ePq{new string('#', 5000)}\e\\";
        Assert.Equal(picture, Replay(picture, 100));
    }

    [Theory]
    [InlineData("plain text", "")]
    [InlineData("\e[?25l\e[?25h\e[?2004h\e[?2004l", "")]
    [InlineData("\e[?1049h", "\e[?1049l")]
    [InlineData("\e[?25l", "\e[?25h")]
    [InlineData("\e[?1000;1006h", "\e[?1000l\e[?1006l")]
    [InlineData("\e[>4;2m\e[>1u", "\e[>4m\e[<1u")]
    [InlineData("\e[>1u\e[<u", "")]
    [InlineData("\e[?1049h\e[?25l\ec", "")]
    [InlineData("\e[?;h\e[?99999999999h\e[?h\e[>u\e[h\e[", "\e[<1u")]
    public void What_a_guest_switched_is_switched_back(string said, string expected)
    {
        ScreenModes modes = new();
        foreach (byte value in Encoding.ASCII.GetBytes(said)) modes.Observe([value]);
        string undo = Encoding.ASCII.GetString(modes.Undo());
        Assert.Equal($"{expected}\e7\e[r\e8\e[0m\e(B\x0f\e>", undo);
    }

    [Fact]
    public void A_guest_that_tries_every_mode_is_not_remembered_without_end()
    {
        ScreenModes modes = new();
        int plain = modes.Undo().Length;
        modes.Observe("\e[?1049h\e[?10000h\e[?-1h\e[?2147483647h"u8);
        Assert.Equal("\e[?1049l".Length, modes.Undo().Length - plain);
        for (int mode = 1; mode < 20_000; mode++) modes.Observe(Encoding.ASCII.GetBytes($"\e[?{mode}h\e[?{mode + 5000}l"));
        Assert.Equal(64, Encoding.ASCII.GetString(modes.Undo()).Split("\e[?").Length - 1);
        Assert.True(modes.IsAlternate);
        modes.Observe("\ec"u8);
        Assert.Equal(plain, modes.Undo().Length);
    }

    [Theory]
    [InlineData("", -1)]
    [InlineData("ls\r", -1)]
    [InlineData("ls\x1d", 2)]
    [InlineData("a\e[93;5ub", 1)]
    [InlineData("ab\e[27;5;93~", 2)]
    [InlineData("\x1d\e[93;5u", 0)]
    public void The_escape_key_is_known_in_each_of_its_forms(string typed, int index) =>
        Assert.Equal(index, EscapeKey.IndexIn(Encoding.ASCII.GetBytes(typed), out _));

    [Theory]
    [InlineData("a\nb\nc\nd", 2, "c\nd")]
    [InlineData("a\nb\nc\n", 2, "c\n")]
    [InlineData("a\nb", 10, "a\nb")]
    [InlineData("a", 1, "a")]
    [InlineData("a\nb", 0, "")]
    [InlineData("", 3, "")]
    public void A_tail_begins_with_a_line(string said, int lines, string expected)
    {
        using SerialLog log = new();
        log.Append(Encoding.ASCII.GetBytes(said));
        Assert.Equal(said.Length - expected.Length, Scrollback.LastLines(log, lines));
    }

    [Fact]
    public void A_scrollback_that_lost_its_beginning_begins_with_a_whole_line()
    {
        using SerialLog log = new(capacity: 4096);
        for (int i = 0; i < 10_000; i++) log.Append(Encoding.ASCII.GetBytes($"line {i}\n"));
        byte[] shown = new byte["line "u8.Length];
        long position = Scrollback.LastLines(log, int.MaxValue);
        Assert.InRange(position, log.Start + 1, log.Start + 20);
        log.Read(ref position, shown);
        Assert.Equal("line "u8, shown);
    }

    static string Replay(string said, int piece)
    {
        ReplayFilter filter = new();
        byte[] shown = [.. Encoding.UTF8.GetBytes(said).Chunk(piece).SelectMany(bytes => filter.Pass(bytes))];
        return Encoding.UTF8.GetString([.. shown, .. filter.Flush()]);
    }

    [Theory]
    [InlineData("text", true)]
    [InlineData("\e[1", false)]
    [InlineData("\e[1m", true)]
    [InlineData("\xc3", false)]
    [InlineData("\xc3\xbc", true)]
    [InlineData("\xf0\x9f\x98", false)]
    [InlineData("\xf0\x9f\x98\x80", true)]
    [InlineData("\x80\x80", true)]
    public void Something_may_come_between_two_characters_or_sequences(string said, bool isBetween)
    {
        ScreenModes modes = new();
        modes.Observe(Encoding.Latin1.GetBytes(said));
        Assert.Equal(isBetween, modes.IsBetween);
    }

    [Theory]
    [InlineData("abcdef", "abcd")]
    [InlineData("日本語", "日本")]
    [InlineData("a😀😀", "a😀")]
    public void A_line_of_ours_is_cut_where_the_terminal_ends(string line, string fitted) =>
        Assert.Equal($"\e[?1049h\e[0m\e[H\e[2J{fitted}\r\n{fitted}", Overlay.Show([line, line, "no room"], OverlayPlace.OwnScreen, (5, 2)));

    [Fact]
    public void It_is_known_where_the_alternate_screen_began()
    {
        ScreenModes modes = new();
        modes.Observe("ab\e[?1049"u8, position: 100);
        Assert.False(modes.IsAlternate);
        modes.Observe("hxy\e[?1049hz"u8, position: 109);
        Assert.True(modes.IsAlternate);
        Assert.Equal(110, modes.AlternateSince);
        modes.Observe("\e[?1049l\e[?47h"u8, position: 200);
        Assert.Equal(214, modes.AlternateSince);
        modes.Observe("\ec"u8);
        Assert.False(modes.IsAlternate);
    }
}
