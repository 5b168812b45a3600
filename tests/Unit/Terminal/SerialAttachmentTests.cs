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
    Task<AttachmentEnd> Attach(long? from = null)
    {
        Termios before = Termios.Of(_window.Descriptor);
        RawTerminal terminal = new(_window.Descriptor, _window.Descriptor);
        SerialAttachment attachment = new(_log, _input, terminal.Input, terminal.Output) { From = from ?? _log.End };
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
