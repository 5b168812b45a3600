using System.Text.RegularExpressions;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>A guest wrote a line that matches.</summary>
public sealed class VmSerialLineEventArgs : VmEventArgs
{
    internal VmSerialLineEventArgs(VirtualMachine vm, string port, string line, Match match, int pattern, long offset, long lostBytes) : base(vm)
    {
        (Port, Line, Pattern, Offset, LostBytes) = (port, line, pattern, offset, lostBytes);
        Groups = match.Groups.Values.ToDictionary(group => group.Name, group => group.Value);
    }

    /// <summary>The console: ttyS0, hvc0.</summary>
    public string Port { get; }

    /// <summary>The line as plain text.</summary>
    public string Line { get; }

    /// <summary>Which of the patterns matched, from 0.</summary>
    public int Pattern { get; }

    /// <summary>Named and numbered groups (<c>0</c> is the whole match).</summary>
    public IReadOnlyDictionary<string, string> Groups { get; }

    /// <summary>Position in the console's log of the line's first byte.</summary>
    public long Offset { get; }

    /// <summary>Bytes since the last event that had left the scrollback before they were read: what they held, nobody was told.</summary>
    public long LostBytes { get; }

    /// <summary>The machine and the line.</summary>
    public override string ToString() => $"{VmName}: {Line}";
}
