using System.Management.Automation;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>
/// Emits what a machine has written to its serial console since the last call: lines of plain text, or one string with
/// everything in it.
/// </summary>
[Cmdlet(VerbsCommunications.Receive, "ToyVmSerial", DefaultParameterSetName = NameSet)]
[OutputType(typeof(string))]
public sealed class ReceiveToyVmSerialCommand : VmTargetCmdlet
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
        var cursor = SerialCursor.Of(vm);
        if (MyInvocation.BoundParameters.ContainsKey(nameof(Tail)))
            WriteTail(vm, cursor);
        else
            WriteNew(vm, cursor, unfinished: !Follow);
        if (Follow)
            FollowOn(vm, cursor);
        WarnOfTrouble(vm);
    }

    void FollowOn(VirtualMachine vm, SerialCursor cursor)
    {
        while (vm.SerialLog.WaitForMore(cursor.Position, Timeout.InfiniteTimeSpan, StopToken))
            WriteNew(vm, cursor, unfinished: false);
        StopToken.ThrowIfCancellationRequested();
        WriteNew(vm, cursor, unfinished: true);
    }

    void WriteNew(VirtualMachine vm, SerialCursor cursor, bool unfinished)
    {
        long lost;
        if (!Raw)
            WriteObject(cursor.ReadLines(vm.SerialLog, unfinished, out lost), enumerateCollection: true);
        else if (cursor.ReadRaw(vm.SerialLog, out lost) is { Length: > 0 } text)
            WriteObject(text);
        if (lost > 0)
            WriteWarning($"{lost} bytes from '{vm.Name}' left the scrollback before they were received; New-ToyVm -SerialLog keeps all of them.");
    }

    void WriteTail(VirtualMachine vm, SerialCursor cursor)
    {
        cursor.Rewind(vm.SerialLog);
        if (!Raw)
            WriteObject(cursor.ReadLines(vm.SerialLog, unfinished: !Follow, out _).TakeLast(Tail), enumerateCollection: true);
        else if (LastLines(cursor.ReadRaw(vm.SerialLog, out _), Tail) is { Length: > 0 } text)
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
