using System.Management.Automation;
using PSToyVmm.Engine.Consoles;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>
/// Emits what a machine has written to its serial or virtio console since the last call: lines of plain text, or one string with
/// everything in it.
/// </summary>
[Cmdlet(VerbsCommunications.Receive, "ToyVmSerial", DefaultParameterSetName = NameSet)]
[OutputType(typeof(string))]
public sealed class ReceiveToyVmSerialCommand : VmConsoleCmdlet
{
    /// <summary>Start with the last lines of the whole scrollback, whether they were received before or not.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int Tail { get; set; }

    /// <summary>Go on until the machine is off or Ctrl+C is pressed. Several machines are followed one after the other.</summary>
    [Parameter]
    public SwitchParameter Follow { get; set; }

    /// <summary>One string, with the escape sequences and carriage returns the guest wrote.</summary>
    [Parameter]
    public SwitchParameter Raw { get; set; }

    /// <inheritdoc/>
    protected override void ProcessMachine(VirtualMachine vm)
    {
        ArgumentNullException.ThrowIfNull(vm);
        var console = ConsoleOf(vm);
        if (MyInvocation.BoundParameters.ContainsKey(nameof(Tail)))
            WriteTail(console);
        else
            WriteNew(vm, console, unfinished: !Follow);
        if (Follow)
            FollowOn(vm, console);
        WarnOfTrouble(vm);
    }

    void FollowOn(VirtualMachine vm, MachineConsole console)
    {
        var cursor = SerialCursor.Of(console);
        while (console.Log.WaitForMore(cursor.Position, Timeout.InfiniteTimeSpan, StopToken))
            WriteNew(vm, console, unfinished: false);
        StopToken.ThrowIfCancellationRequested();
        WriteNew(vm, console, unfinished: true);
    }

    void WriteNew(VirtualMachine vm, MachineConsole console, bool unfinished)
    {
        var cursor = SerialCursor.Of(console);
        long lost;
        if (!Raw)
            WriteObject(cursor.ReadLines(console.Log, unfinished, out lost), enumerateCollection: true);
        else if (cursor.ReadRaw(console.Log, out lost) is { Length: > 0 } text)
            WriteObject(text);
        if (lost > 0)
        {
            string parameter = console.Port == ConsolePortCompleter.SerialPort ? nameof(NewToyVmCommand.SerialLog) : nameof(NewToyVmCommand.VirtioConsoleLog);
            WriteWarning($"{lost} bytes from '{vm.Name}' left the scrollback before they were received; New-ToyVm -{parameter} keeps all of them.");
        }
    }

    void WriteTail(MachineConsole console)
    {
        var cursor = SerialCursor.Of(console);
        cursor.Rewind(console.Log);
        if (!Raw)
            WriteObject(cursor.ReadLines(console.Log, unfinished: !Follow, out _).TakeLast(Tail), enumerateCollection: true);
        else if (LastLines(cursor.ReadRaw(console.Log, out _), Tail) is { Length: > 0 } text)
            WriteObject(text);
    }

    static string LastLines(string text, int count)
    {
        int start = text.Length;
        for (; count > 0 && start > 0; count--)
            start = text.LastIndexOf('\n', Math.Max(start - 2, 0)) + 1;
        return text[start..];
    }
}
