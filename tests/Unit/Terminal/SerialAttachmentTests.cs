using System.Text;
using PSToyVmm.Engine.Consoles;
using PSToyVmm.Terminal;
using Xunit;

namespace PSToyVmm.Tests.Unit.Terminal;

[Collection(nameof(RawTerminal))]
public sealed class SerialAttachmentTests : IDisposable
{
    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    readonly PseudoTerminal _window = new();
    readonly SerialLog _log = new();
    readonly SerialInput _input = new();
    readonly CancellationTokenSource _stop = new();

    public void Dispose()
    {
        _window.Dispose();
        _log.Dispose();
        _stop.Dispose();
    }

    [Fact]
    public async Task Every_key_but_one_reaches_the_guest_as_it_is()
    {
        byte[] keys = [.. "ls -l\r^C is \x03, up is \e[A, ü€😀\r"u8, .. Enumerable.Range(0, 256).Select(value => (byte)value).Where(value => value != 0x1d)];
        Task<AttachmentEnd> attached = Attach();
        _window.Type(keys);
        _window.Type([0x1d]);
        Assert.Equal(AttachmentEnd.Detached, await attached);
        Assert.Equal(keys, Typed());
    }

    [Fact]
    public async Task Every_byte_of_the_guest_reaches_the_screen_as_it_is()
    {
        byte[] said = [.. "ü€😀\r\n\e[31mred\e[0m \e[6n"u8, .. Enumerable.Range(0, 256).Select(value => (byte)value), .. "end"u8];
        Task<AttachmentEnd> attached = Attach();
        _window.WaitFor(ScreenModes.PlainKeys);
        _log.Append(said);
        byte[] shown = _window.WaitFor("end"u8);
        Assert.Equal(said, shown[ScreenModes.PlainKeys.Length..]);
        _window.Type("\x1d");
        Assert.Equal(AttachmentEnd.Detached, await attached);
    }

    [Fact]
    public async Task Keys_before_the_escape_key_are_the_guests_and_those_after_it_nobodys()
    {
        Task<AttachmentEnd> attached = Attach();
        _window.Type("exit\r\x1dls\r");
        Assert.Equal(AttachmentEnd.Detached, await attached);
        Assert.Equal("exit\r"u8, Typed());
    }

    [Fact]
    public async Task Of_an_escape_key_alone_nothing_is_waited_for_long()
    {
        Task<AttachmentEnd> attached = Attach();
        _window.Type("\x1d");
        Assert.Equal(AttachmentEnd.Detached, await attached);
    }

    [Fact]
    public async Task The_menu_is_on_a_screen_of_its_own_while_the_guest_is_held()
    {
        Task<AttachmentEnd> attached = Attach(menu: [new('x', () => "do x", () => "x was done"), new('y', () => null, () => "y")]);
        _log.Append("prompt# "u8);
        _window.WaitFor("prompt# "u8);
        _window.Type("\x1d?");
        string menu = Encoding.UTF8.GetString(_window.WaitFor("go on"u8));
        Assert.Contains("\e[?1049h\e[0m\e[H\e[2Jtitle\r\n  d  detach", menu);
        Assert.Contains("\r\n  x  do x\r\n  any", menu);
        _log.Append("meanwhile"u8);
        _window.Type("xkey");
        string after = Encoding.UTF8.GetString(_window.WaitFor("meanwhile"u8));
        Assert.EndsWith("go on\e[?1049l\r\n[x was done]\r\nmeanwhile", after);
        Assert.Equal("key"u8, Typed());
        _window.Type("\x1d?y");                                        // not to be had now: as any other key
        _window.Type("\x1d?\x1d");
        Assert.Equal(AttachmentEnd.Detached, await attached);
        string last = Encoding.UTF8.GetString(_window.WaitFor("\x0f\e>\r\n"u8));
        Assert.True(last.LastIndexOf("\e[?1049l", StringComparison.Ordinal) > last.LastIndexOf("\e[?1049h", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Over_a_program_on_the_alternate_screen_the_menu_takes_the_last_lines_and_the_program_is_drawn_again()
    {
        Task<AttachmentEnd> attached = Attach();
        _log.Append("before\e[?1049h\e[2Jvi\e[6n ü"u8);
        _window.WaitFor("ü"u8);
        _window.Type("\x1d?");
        string menu = Encoding.UTF8.GetString(_window.WaitFor("go on"u8));
        Assert.EndsWith("ü\e7\e[0m\e[8H\e[2Ktitle\e[9H\e[2K  d  detach (as Ctrl+] alone does)\e[10H\e[2K  any other key: go on", menu);
        _window.Type(" ");
        Assert.EndsWith("\e[8H\e[2K\e[9H\e[2K\e[10H\e[2K\e8\e[r\e[0m\e[H\e[2J\e[2Jvi ü", Encoding.UTF8.GetString(_window.WaitFor("\e[2J\e[2Jvi ü"u8)));
        _window.Type("\x1d");
        Assert.Equal(AttachmentEnd.Detached, await attached);
        Assert.Empty(Typed());
    }

    [Fact]
    public async Task A_dumb_terminal_gets_no_sequence_of_ours()
    {
        Task<AttachmentEnd> attached = Attach(isDumb: true);
        _window.Type("\x1d?");
        _window.WaitFor("go on"u8);
        _window.Type("d");
        Assert.Equal(AttachmentEnd.Detached, await attached);
        Assert.DoesNotContain((byte)0x1b, _window.Shown);
    }

    [Fact]
    public async Task A_guest_stuck_in_the_middle_of_a_sequence_does_not_keep_the_menu_away()
    {
        Task<AttachmentEnd> attached = Attach();
        _log.Append("\e]0;title without end"u8);
        _window.WaitFor("without end"u8);
        _window.Type("\x1d?");
        _window.WaitFor("\x18\e[?1049h"u8);
        _window.Type("d");
        Assert.Equal(AttachmentEnd.Detached, await attached);
    }

    [Fact]
    public async Task Nothing_comes_between_the_bytes_of_a_character()
    {
        Task<AttachmentEnd> attached = Attach(menu: [new('x', () => "do x", () => "done")]);
        _log.Append([0xe2, 0x82]);
        _window.WaitFor([0xe2, 0x82]);
        _window.Type("\x1d?x");
        _log.Append([0xac]);
        Assert.Contains("€\r\n[done]", Encoding.UTF8.GetString(_window.WaitFor("[done]"u8)));
        _window.Type("\x1d");
        Assert.Equal(AttachmentEnd.Detached, await attached);
    }

    [Fact]
    public async Task Who_loses_the_keyboard_is_told_and_types_nothing_more()
    {
        using MachineConsole console = new("ttyS0");
        using ConsoleSeat mine = new(ConsoleKeyboard.Of(console), "mine"), other = new(ConsoleKeyboard.Of(console), "the other");
        mine.TakeKeyboard(force: false);
        Task<AttachmentEnd> attached = Attach(seat: mine);
        _window.WaitFor(ScreenModes.PlainKeys);
        _window.Type("a");
        Assert.True(SpinWait.SpinUntil(() => console.Input.Count == 1, s_patience));
        other.TakeKeyboard(force: true);
        Assert.EndsWith("\r\n[the other has taken the keyboard; this terminal looks on.]\r\n", Encoding.UTF8.GetString(_window.WaitFor("on.]\r\n"u8)));
        _window.Type("b\x1d");
        Assert.Equal(AttachmentEnd.Detached, await attached);
        Assert.Equal(1, console.Input.Count);
        Assert.Empty(Typed());
    }

    [Fact]
    public async Task The_end_of_the_machine_ends_the_menu_too()
    {
        Task<AttachmentEnd> attached = Attach();
        _window.Type("\x1d?");
        _window.WaitFor("go on"u8);
        _log.Append("last words"u8);
        _log.Complete();
        Assert.Equal(AttachmentEnd.MachineEnded, await attached);
        _window.WaitFor("\e[?1049llast words"u8);
    }

    [Fact]
    public async Task What_the_guest_writes_can_be_recorded()
    {
        string directory = Directory.CreateTempSubdirectory().FullName;
        using SessionRecord record = new(directory, "we/b-ttyS0");
        Task<AttachmentEnd> attached = Attach(record: record, menu: [new('l', () => "log", record.Toggle)]);
        _log.Append("before "u8);
        _window.WaitFor("before "u8);
        _window.Type("\x1d?l");
        _window.WaitFor("[Recording in "u8);
        _log.Append("\e[31mü\e[0m"u8);
        _window.WaitFor("ü\e[0m"u8);
        _window.Type("\x1d?l");
        _window.WaitFor("[Recorded in "u8);
        _log.Append("after"u8);
        _window.Type("\x1d");
        await attached;
        string file = Assert.Single(Directory.GetFiles(directory));
        Assert.Matches(@"/we_b-ttyS0-\d{8}-\d{6}\.log$", file);
        Assert.Equal("\e[31mü\e[0m"u8, File.ReadAllBytes(file));
        record.Toggle();
        record.Toggle();
        record.Toggle();
        Assert.True(Directory.GetFiles(directory).Length >= 3);        // no file twice
        Directory.Delete(directory, recursive: true);
        using SessionRecord nowhere = new(directory, "web");
        Assert.StartsWith("Not recording: ", nowhere.Toggle());
        Assert.False(nowhere.IsOn);
    }

    [Fact]
    public async Task The_scrollback_comes_first_and_asks_no_questions()
    {
        _log.Append("boot\r\n\e[6n\e]11;?\a\e[32mlogin:\e[0m "u8);
        Task<AttachmentEnd> attached = Attach(from: 0);
        _window.WaitFor("\e[?1l\e>boot\r\n\e[32mlogin:\e[0m "u8);
        _log.Append("root\e[6n"u8);
        _window.WaitFor("root\e[6n"u8);
        _window.Type("\x1d");
        await attached;
    }

    [Fact]
    public async Task The_guests_last_words_are_shown_before_the_end()
    {
        Task<AttachmentEnd> attached = Attach();
        byte[] words = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 50_000).Select(i => $"{i} ")));
        _log.Append(words);
        _log.Complete();
        _window.WaitFor("49999 "u8);
        Assert.Equal(AttachmentEnd.MachineEnded, await attached);
    }

    [Fact]
    public async Task It_can_be_stopped_from_another_thread()
    {
        Task<AttachmentEnd> attached = Attach();
        _window.WaitFor(ScreenModes.PlainKeys);
        _stop.Cancel();
        Assert.Equal(AttachmentEnd.Stopped, await attached);
    }

    [Fact]
    public async Task A_window_that_is_closed_ends_it()
    {
        Task<AttachmentEnd> attached = Attach();
        _window.WaitFor(ScreenModes.PlainKeys);
        _window.HangUp();
        Assert.Equal(AttachmentEnd.TerminalClosed, await attached);
    }

    [Fact]
    public async Task A_window_that_does_not_drain_holds_neither_the_guest_nor_the_user()
    {
        Task<AttachmentEnd> attached = Attach();
        byte[] flood = new byte[1 << 20];
        Array.Fill(flood, (byte)'x');
        _log.Append(flood);
        _window.Type("still here\r\x1d");
        Assert.Equal(AttachmentEnd.Detached, await attached);
        Assert.Equal("still here\r"u8, Typed());
    }

    [Fact]
    public async Task Modes_the_guest_left_on_are_switched_off()
    {
        Task<AttachmentEnd> attached = Attach();
        _log.Append("\e[?1049h\e[?25l\e[?2004hvi"u8);
        _window.WaitFor("vi"u8);
        _window.Type("\x1d");
        await attached;
        _window.WaitFor("\e[?25h\e[?1049l\e[?2004l"u8);
        _window.WaitFor("\r\n"u8);
    }

    [Fact]
    public async Task A_pipe_has_no_escape_key_and_its_end_is_not_the_machines()
    {
        string directory = Directory.CreateTempSubdirectory().FullName;
        string keys = Path.Combine(directory, "keys"), screen = Path.Combine(directory, "screen");
        File.WriteAllBytes(keys, [1, 0x1d, 2]);
        using (FileStream input = File.OpenRead(keys), output = File.Create(screen))
        {
            using SerialAttachment attachment = new(_log, _input, DescriptorOf(input), DescriptorOf(output)) { Interactive = false, From = 0 };
            Task<AttachmentEnd> attached = Task.Run(() => attachment.Run(_stop.Token));
            _log.Append("one\e[6n"u8);
            Assert.True(SpinWait.SpinUntil(() => _input.Count == 3, s_patience));
            _log.Append("two"u8);
            _log.Complete();
            Assert.Equal(AttachmentEnd.MachineEnded, await attached.WaitAsync(s_patience));
        }
        Assert.Equal([1, 0x1d, 2], Typed());
        Assert.Equal("one\e[6ntwo"u8, File.ReadAllBytes(screen));
        Directory.Delete(directory, recursive: true);
    }

    static int DescriptorOf(FileStream file) => (int)file.SafeFileHandle.DangerousGetHandle();

    /// <summary>Returns once the terminal is raw; the terminal's settings are checked at the end.</summary>
    Task<AttachmentEnd> Attach(long? from = null, MenuEntry[]? menu = null, bool isDumb = false, ConsoleSeat? seat = null, SessionRecord? record = null)
    {
        _window.Resize(columns: 80, rows: 10);
        Termios before = Termios.Of(_window.Descriptor);
        RawTerminal terminal = new(_window.Descriptor, _window.Descriptor);
        SerialAttachment attachment = new(_log, _input, terminal.Input, terminal.Output)
        {
            From = from ?? _log.End,
            Title = () => "title",
            Menu = menu ?? [],
            IsDumb = isDumb,
            Seat = seat,
            Record = record,
        };
        return Task.Run(() =>
        {
            using (terminal)
            using (attachment)
                return attachment.Run(_stop.Token);
        }).WaitAsync(s_patience).ContinueWith(
            ended =>
            {
                if (ended.Result != AttachmentEnd.TerminalClosed) Assert.Equal(before, Termios.Of(_window.Descriptor));
                return ended.Result;
            },
            TaskScheduler.Default);
    }

    byte[] Typed()
    {
        List<byte> typed = [];
        while (_input.TryDequeue(out byte key)) typed.Add(key);
        return [.. typed];
    }
}
