using System.Runtime.CompilerServices;
using PSToyVmm.Engine.Consoles;

namespace PSToyVmm.Terminal;

/// <summary>Who types at a console: one of the terminals that show it; the others look on. One per console for the whole process.</summary>
sealed class ConsoleKeyboard(MachineConsole console)
{
    static readonly ConditionalWeakTable<MachineConsole, ConsoleKeyboard> s_keyboards = [];

    readonly Lock _gate = new();
    ConsoleSeat? _holder;

    public static ConsoleKeyboard Of(MachineConsole console) => s_keyboards.GetValue(console, static console => new(console));

    /// <summary>Who has it; null where nobody has.</summary>
    public string? Holder
    {
        get { lock (_gate) return _holder?.Who; }
    }

    public bool IsHeldBy(ConsoleSeat seat)
    {
        lock (_gate) return _holder == seat;
    }

    /// <summary>Gives it to a seat, if nobody has it or it is taken by <paramref name="force"/>: then the one who had it is told.</summary>
    public bool Give(ConsoleSeat seat, bool force)
    {
        ConsoleSeat? before;
        lock (_gate)
        {
            before = _holder;
            if (before is not null && !force) return before == seat;
            _holder = seat;
        }
        if (before != seat) before?.OnTaken(seat.Who);
        return true;
    }

    /// <summary>Takes it back from a seat, if that has it.</summary>
    public void Return(ConsoleSeat seat)
    {
        lock (_gate)
            if (_holder == seat) _holder = null;
    }

    /// <summary>Types for a seat; false where it has not the keyboard. What is typed here was typed before another could take it.</summary>
    public bool Type(ConsoleSeat seat, ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            if (_holder != seat) return false;
            console.Input.Enqueue(bytes);
            return true;
        }
    }

    /// <summary>Sends a break for a seat; false where it has not the keyboard.</summary>
    public bool SendBreak(ConsoleSeat seat)
    {
        lock (_gate)
        {
            if (_holder != seat) return false;
            console.SendBreak();
            return true;
        }
    }
}
