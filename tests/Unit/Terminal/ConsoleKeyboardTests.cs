using System.Text;
using PSToyVmm.Engine;
using PSToyVmm.Engine.Consoles;
using PSToyVmm.Terminal;
using Xunit;

namespace PSToyVmm.Tests.Unit.Terminal;

public sealed class ConsoleKeyboardTests : IDisposable
{
    readonly MachineConsole _console = new("ttyS0", isSerialPort: true);

    public void Dispose() => _console.Dispose();

    ConsoleSeat Sit(string who) => new(ConsoleKeyboard.Of(_console), who);

    string Typed()
    {
        List<byte> typed = [];
        while (_console.Input.TryDequeue(out byte key)) typed.Add(key);
        return Encoding.ASCII.GetString([.. typed]);
    }

    [Fact]
    public void The_first_types_and_the_second_looks_on()
    {
        using ConsoleSeat first = Sit("first"), second = Sit("second");
        Assert.True(first.TakeKeyboard(force: false));
        Assert.True(first.TakeKeyboard(force: false));
        Assert.False(second.TakeKeyboard(force: false));
        Assert.True(first.Type("a"u8));
        Assert.False(second.Type("b"u8));
        Assert.False(second.SendBreak());
        Assert.Equal("first", second.Holder);
        Assert.Equal("a", Typed());
    }

    [Fact]
    public void By_force_the_keyboard_changes_hands_and_who_had_it_is_told()
    {
        using ConsoleSeat first = Sit("first"), second = Sit("second");
        List<string> told = [];
        first.Taken += told.Add;
        second.Taken += _ => Assert.Fail("nobody took it");
        first.TakeKeyboard(force: false);
        Assert.True(second.TakeKeyboard(force: true));
        Assert.True(second.TakeKeyboard(force: true));
        Assert.Equal(["second"], told);
        Assert.False(first.Type("a"u8));
        Assert.True(second.SendBreak());
        Assert.False(first.HasKeyboard);
    }

    [Fact]
    public void It_is_given_back_by_leaving_and_only_by_who_has_it()
    {
        ConsoleSeat first = Sit("first");
        first.TakeKeyboard(force: false);
        using ConsoleSeat second = Sit("second");
        Sit("onlooker").Dispose();
        Assert.Equal("first", second.Holder);
        first.Dispose();
        Assert.Null(second.Holder);
        Assert.False(second.HasKeyboard); // nobody asked for it
        Assert.True(second.TakeKeyboard(force: false));
        first.Dispose();
        Assert.True(second.HasKeyboard);
    }

    [Fact]
    public void Each_console_has_its_own()
    {
        using MachineConsole other = new("hvc0");
        using ConsoleSeat first = Sit("first"), there = new(ConsoleKeyboard.Of(other), "there");
        Assert.True(first.TakeKeyboard(force: false));
        Assert.True(there.TakeKeyboard(force: false));
        Assert.Equal(VmErrorId.BreakUnavailable, Assert.Throws<VmException>(() => there.SendBreak()).Id);
    }

    [Fact]
    public async Task Of_many_at_once_one_has_it_and_nothing_is_typed_by_the_others()
    {
        const int Seats = 8, Rounds = 500;
        int mine = 0, most = 0;
        await Task.WhenAll(Enumerable.Range(0, Seats).Select(number => Task.Run(() =>
        {
            for (int round = 0; round < Rounds; round++)
            {
                using ConsoleSeat seat = Sit($"{number}");
                if (!seat.TakeKeyboard(force: false)) continue;
                int now = Interlocked.Increment(ref mine);
                most = Math.Max(most, now);
                Interlocked.Decrement(ref mine);
            }
        })));
        Assert.Equal(1, most);
        Assert.Null(ConsoleKeyboard.Of(_console).Holder);
    }
}
