using System.Text.RegularExpressions;
using PSToyVmm.Engine.Consoles;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>Tells when guests write lines that match. Each console has a thread that reads it, so no line is lost while the subscriber is busy, as long as the scrollback holds it.</summary>
public sealed class VmLineSource : VmEventSource<VmSerialLineEventArgs>
{
    readonly Regex[] _patterns;
    readonly string _port;
    readonly Dictionary<VirtualMachine, ConsoleWatch> _watches = [];

    internal VmLineSource(IReadOnlyList<VirtualMachine> machines, string port, Regex[] patterns) : base(machines) => (_port, _patterns) = (port, patterns);

    /// <summary>A guest wrote a line that matches one of the patterns.</summary>
    public event EventHandler<VmSerialLineEventArgs>? SerialLine
    {
        add => Add(value);
        remove => Remove(value);
    }

    internal override string EventName => nameof(SerialLine);

    private protected override void Begin(VirtualMachine vm)
    {
        MachineConsole console = vm.FindConsole(_port);
        long lost = 0, told = -1;
        _watches[vm] = new(console, $"ToyVm {vm.Name} events", (line, stop) =>
        {
            lost += line.LostBytes;
            if (line.Offset == told || Match(line) is not { } args) return;
            if (!line.IsComplete) told = line.Offset; // a prompt that has been told is not told again with its end
            Queue?.Enter(stop);
            Tell(vm, args(vm, lost));
            lost = 0;
        });
    }

    private protected override void End(VirtualMachine vm)
    {
        if (_watches.Remove(vm, out ConsoleWatch? watch)) watch.Dispose();
    }

    Func<VirtualMachine, long, VmSerialLineEventArgs>? Match(ConsoleLine line)
    {
        string text = AnsiStripper.Plain(line.Text);
        for (int i = 0; i < _patterns.Length; i++)
            if (TryMatch(_patterns[i], text) is { Success: true } match)
            {
                int pattern = i;
                return (vm, lost) => new(vm, _port, text, match, pattern, line.Offset, lost);
            }
        return null;
    }

    static Match? TryMatch(Regex pattern, string text)
    {
        try
        {
            return pattern.Match(text);
        }
        catch (RegexMatchTimeoutException)
        {
            return null; // a line on which a pattern is hopeless is not one that matches
        }
    }
}
