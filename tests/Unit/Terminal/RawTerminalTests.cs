using PSToyVmm.Engine;
using PSToyVmm.Terminal;
using Xunit;

namespace PSToyVmm.Tests.Unit.Terminal;

[Collection(nameof(RawTerminal))] // one process has one
public class RawTerminalTests
{
    [Fact]
    public void The_terminal_is_raw_meanwhile_and_as_before_afterwards()
    {
        using PseudoTerminal window = new();
        Termios before = Termios.Of(window.Descriptor);
        using (RawTerminal terminal = new(window.Descriptor, window.Descriptor))
        {
            Assert.Equal(before.MadeRaw(), Termios.Of(window.Descriptor));
            Assert.NotEqual(before, Termios.Of(window.Descriptor));
            Assert.NotEqual(terminal.Input, terminal.Output);
        }
        Assert.Equal(before, Termios.Of(window.Descriptor));
    }

    [Fact]
    public void It_stays_raw_when_something_else_changes_it()
    {
        using PseudoTerminal window = new();
        Termios before = Termios.Of(window.Descriptor);
        using RawTerminal terminal = new(window.Descriptor, window.Descriptor);
        before.ApplyTo(window.Descriptor);
        Assert.True(SpinWait.SpinUntil(() => Termios.Of(window.Descriptor).Equals(before.MadeRaw()), TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public void A_second_one_is_refused_and_leaves_the_first_alone()
    {
        using PseudoTerminal window = new();
        Termios before = Termios.Of(window.Descriptor);
        using (RawTerminal first = new(window.Descriptor, window.Descriptor))
        {
            Assert.Throws<VmException>(() => new RawTerminal(window.Descriptor, window.Descriptor));
            Assert.Equal(before.MadeRaw(), Termios.Of(window.Descriptor));
        }
        using RawTerminal next = new(window.Descriptor, window.Descriptor);
    }

    [Fact]
    public void Another_terminal_is_free_and_tells_of_its_size_without_a_signal()
    {
        using PseudoTerminal window = new(), other = new();
        using RawTerminal first = new(window.Descriptor, window.Descriptor);
        using (RawTerminal second = new(other.Descriptor, other.Descriptor))
        {
            using ManualResetEventSlim resized = new();
            second.Resized += resized.Set;
            other.Resize(columns: 100, rows: 40);
            Assert.True(resized.Wait(TimeSpan.FromSeconds(10)));
            Assert.StartsWith("/dev/pts/", second.Name, StringComparison.Ordinal);
            Assert.NotEqual(first.Name, second.Name);
        }
        using RawTerminal again = new(other.Descriptor, other.Descriptor);
    }

    [Fact]
    public void It_knows_its_size()
    {
        using PseudoTerminal window = new();
        using RawTerminal terminal = new(window.Descriptor, window.Descriptor);
        window.Resize(columns: 132, rows: 43);
        Assert.Equal((132, 43), terminal.Size);
    }

    [Fact]
    public void A_file_is_no_terminal()
    {
        using FileStream file = File.OpenRead("/dev/null");
        int descriptor = (int)file.SafeFileHandle.DangerousGetHandle();
        Assert.Throws<VmException>(() => new RawTerminal(descriptor, descriptor));
        Assert.False(Termios.TryGet(descriptor, out _));
    }

    [Fact]
    public void A_closed_window_does_not_keep_it_from_being_left()
    {
        using PseudoTerminal window = new();
        using RawTerminal terminal = new(window.Descriptor, window.Descriptor);
        window.HangUp();
    }
}
