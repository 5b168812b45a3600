using System.Management.Automation;
using PSToyVmm.Engine;
using PSToyVmm.Engine.Consoles;
using PSToyVmm.Engine.Machines;
using PSToyVmm.Terminal;

namespace PSToyVmm;

/// <summary>
/// Gives this terminal to a machine's serial or virtio console, until Ctrl+] or the machine's end. Every other key is the guest's,
/// Ctrl+C too. What the guest wrote before is shown first.
/// </summary>
[Cmdlet(VerbsCommunications.Connect, "ToyVmSerial", DefaultParameterSetName = NameSet)]
public sealed class ConnectToyVmSerialCommand : VmConsoleCmdlet
{
    static readonly TimeSpan s_untilOff = TimeSpan.FromSeconds(10);

    VirtualMachine? _vm;

    /// <summary>Show only what comes from now on.</summary>
    [Parameter]
    public SwitchParameter NoScrollback { get; set; }

    /// <summary>Show only the last lines of what was written before.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int Tail { get; set; } = int.MaxValue;

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        if (!RawTerminal.IsPresent)
        {
            ThrowTerminatingError(new VmException(VmErrorId.TerminalRequired, VmErrorKind.InvalidState,
                "Standard input and output must be a terminal here; in a script or a pipe use Send-ToyVmSerial and Receive-ToyVmSerial.")
                .ToErrorRecord(target: null));
        }
    }

    /// <inheritdoc/>
    protected override void ProcessMachine(VirtualMachine vm)
    {
        ArgumentNullException.ThrowIfNull(vm);
        if (_vm is not null && _vm != vm)
            Refuse("OneMachineOnly", $"A terminal shows one serial console at a time: '{_vm.Name}' or '{vm.Name}'?", vm);
        if (IsOff(vm))
        {
            throw new VmException(VmErrorId.VmNotRunning, VmErrorKind.InvalidState,
                $"'{vm.Name}' is {vm.State}, so nobody is at its serial console; start it, or read with Receive-ToyVmSerial what it wrote.");
        }
        ConsoleOf(vm);
        _vm = vm;
    }

    /// <summary>Connects once all have come down the pipeline, so that a second machine is refused before the first one has the terminal.</summary>
    protected override void EndProcessing()
    {
        if (_vm is { } vm)
            ForOne(vm, () => Connect(vm));
    }

    void Connect(VirtualMachine vm)
    {
        var end = Attach(vm);
        StopToken.ThrowIfCancellationRequested();
        if (end == AttachmentEnd.Detached)
            Host.UI.WriteLine($"Detached from '{vm.Name}'.");
        if (end != AttachmentEnd.MachineEnded)
            return;
        vm.WaitFor(MachineState.Off, s_untilOff, StopToken); // the console closes a moment before the machine is off
        Host.UI.WriteLine($"'{vm.Name}' is {vm.State}: {vm.Status}");
    }

    /// <summary>Says that it is connected only once it is: who reads that may type at once, and the keys are the guest's.</summary>
    AttachmentEnd Attach(VirtualMachine vm)
    {
        MachineConsole console = ConsoleOf(vm);
        using RawTerminal terminal = new();
        using SerialAttachment attachment = new(console.Log, console.Input, terminal.Input, terminal.Output)
        {
            From = Scrollback.LastLines(console.Log, NoScrollback ? 0 : Tail),
        };
        terminal.Resized += TellSize; // before the first time: what changes between the two is told, too
        TellSize();
        Host.UI.Write($"Connected to '{vm.Name}'. Ctrl+] detaches.\r\n"); // a raw terminal adds no carriage return
        return attachment.Run(StopToken);

        // A serial port has nowhere to show it.
        void TellSize() => console.Resize(terminal.Size.Columns, terminal.Size.Rows);
    }
}
