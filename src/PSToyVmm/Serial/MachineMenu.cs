using System.Text;
using PSToyVmm.Engine;
using PSToyVmm.Engine.Consoles;
using PSToyVmm.Engine.Machines;
using PSToyVmm.Terminal;

namespace PSToyVmm;

/// <summary>
/// The escape menu of Connect-ToyVmSerial. What changes anything in the machine is there only with the keyboard, so that who looks
/// on can do no harm.
/// </summary>
/// <param name="vm">The machine.</param>
/// <param name="console">Its console.</param>
/// <param name="seat">The terminal's.</param>
/// <param name="terminal">That.</param>
/// <param name="record">Where output can be recorded.</param>
sealed class MachineMenu(VirtualMachine vm, MachineConsole console, ConsoleSeat seat, RawTerminal terminal, SessionRecord record)
{
    // The terminal's keys are dead meanwhile, Ctrl+] too.
    static readonly TimeSpan s_longestHold = TimeSpan.FromSeconds(1);

    /// <summary>Whether the keyboard may be taken here at all.</summary>
    public bool MayTakeKeyboard { get; init; } = true;

    /// <summary>What the menu is about, and how that is.</summary>
    public string Title => $"{vm.Name} {console.Port}: {vm.State}{(seat.HasKeyboard ? "" : ", read-only")}";

    /// <summary>Its lines.</summary>
    public IReadOnlyList<MenuEntry> Entries =>
    [
        new('b', () => OfSerialPort("send a break (magic SysRq)"), () => seat.SendBreak() ? "A break was sent." : NoKeyboard()),
        new('a', () => WithKeyboard("press Ctrl+Alt+Del"), () => Try(PressCtrlAltDelete)),
        new('p', () => WithKeyboard(vm.State == MachineState.Paused ? "resume the paused machine" : "pause the machine"), () => Try(PauseOrResume)),
        new('s', () => terminal.Size is (> 0, > 0) ? OfSerialPort($"type stty with this size, {terminal.Size.Columns}x{terminal.Size.Rows}") : null, TypeSize),
        new(']', () => WithKeyboard("send Ctrl+]"), () => seat.Type([EscapeKey.Plain]) ? null : NoKeyboard()),
        new('l', () => record.IsOn ? "log: stop recording" : "log: record output in a file", record.Toggle),
        new('k', () => MayTakeKeyboard && !seat.HasKeyboard ? $"take the keyboard{(seat.Holder is { } holder ? $" from {holder}" : "")}" : null, TakeKeyboard),
    ];

    string? WithKeyboard(string text) => seat.HasKeyboard ? text : null;

    string? OfSerialPort(string text) => console.IsSerialPort ? WithKeyboard(text) : null;

    string NoKeyboard() => $"{seat.Holder ?? "Nobody"} has the keyboard.";

    static string Try(Func<string> action)
    {
        try
        {
            return action();
        }
        catch (VmException e) // the machine has ended meanwhile
        {
            return e.Message;
        }
    }

    string PressCtrlAltDelete() => vm.PressCtrlAltDelete() ? "Ctrl+Alt+Del was pressed." : "Nobody in the guest listens to its keyboard.";

    string PauseOrResume()
    {
        using CancellationTokenSource patience = new(s_longestHold);
        try
        {
            if (vm.State == MachineState.Paused)
            {
                vm.Resume(patience.Token);
                return $"'{vm.Name}' runs again.";
            }
            vm.Suspend(patience.Token);
            return $"'{vm.Name}' is paused; Ctrl+] ? p resumes it.";
        }
        catch (OperationCanceledException)
        {
            return $"'{vm.Name}' is busy: somebody else holds its vCPUs.";
        }
    }

    // The space before it keeps it out of most shells' history.
    string? TypeSize() => seat.Type(Encoding.ASCII.GetBytes($" stty rows {terminal.Size.Rows} cols {terminal.Size.Columns}\r")) ? null : NoKeyboard();

    string TakeKeyboard()
    {
        seat.TakeKeyboard(force: true);
        console.Resize(terminal.Size.Columns, terminal.Size.Rows); // a guest that follows a size follows that of who types
        return "This terminal has the keyboard.";
    }
}
