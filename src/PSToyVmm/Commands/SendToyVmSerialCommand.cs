using System.Management.Automation;
using System.Text;
using PSToyVmm.Engine;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>Types at a machine's serial or virtio console: a break, text as it is, then whole lines, then keys.</summary>
[Cmdlet(VerbsCommunications.Send, "ToyVmSerial", SupportsShouldProcess = true, DefaultParameterSetName = NameSet)]
[OutputType(typeof(VirtualMachine))]
public sealed class SendToyVmSerialCommand : VmConsoleCmdlet
{
    byte[] _bytes = [];

    /// <summary>Lines, each followed by Enter.</summary>
    [Parameter]
    [AllowEmptyString]
    public string[] Line { get; set; } = [];

    /// <summary>Text, sent as it is.</summary>
    [Parameter]
    public string Text { get; set; } = "";

    /// <summary>Keys: CtrlC, Enter, Up, F10, ...</summary>
    [Parameter]
    public SerialKey[] Key { get; set; } = [];

    /// <summary>Send a break first: Linux takes the byte after it for magic SysRq.</summary>
    [Parameter]
    public SwitchParameter Break { get; set; }

    /// <summary>Emit the machine.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        var typed = new StringBuilder(Text);
        foreach (string line in Line)
            typed.Append(line.ReplaceLineEndings("\r")).Append('\r');
        foreach (var key in Key)
            typed.Append(SerialKeys.TextOf(key));
        if (typed.Length == 0 && !Break)
            Refuse("NothingToSend", "There is nothing to send: use -Line, -Text, -Key or -Break.");
        _bytes = Encoding.UTF8.GetBytes(typed.ToString());
    }

    /// <inheritdoc/>
    protected override void ProcessMachine(VirtualMachine vm)
    {
        ArgumentNullException.ThrowIfNull(vm);
        if (IsOff(vm))
        {
            throw new VmException(VmErrorId.VmNotRunning, VmErrorKind.InvalidState,
                $"'{vm.Name}' is {vm.State}, so nothing reads its serial console; start it first.");
        }
        var console = ConsoleOf(vm);
        if (!ShouldProcess(vm.Name, $"Send to {console.Port}"))
            return;
        if (Break)
            console.SendBreak(_bytes);
        else
            console.Input.Enqueue(_bytes);
        if (PassThru)
            WriteObject(vm);
    }
}
