using System.Management.Automation;
using System.Management.Automation.Runspaces;
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

    /// <summary>Look on, and type nothing.</summary>
    [Parameter]
    public SwitchParameter ReadOnly { get; set; }

    /// <summary>Take the keyboard from another terminal that shows this console.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Another terminal than this one, as tty(1) names it there.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Terminal { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        if (ReadOnly && Force)
            Refuse("ReadOnlyAndForce", "-ReadOnly types nothing, and -Force is there to take the keyboard: use one of them.");
        if (Terminal is null && !RawTerminal.IsPresent)
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
        int other = Terminal is null ? -1 : Open(ResolvePath(Terminal));
        try
        {
            AttachmentEnd end;
            using (RawTerminal terminal = other < 0 ? new() : new(other, other))
            {
                end = Attach(vm, terminal);
                if (other >= 0 && Last(vm, end) is { } there)
                    terminal.WriteLine(there);
            }
            if (other < 0 && Last(vm, end) is { } here) // the terminal is the shell's again, and Ctrl+C ends the wait
                Host.UI.WriteLine(here);
        }
        finally
        {
            if (other >= 0)
                _ = Tty.close(other);
        }
    }

    /// <summary>What is to be said after it.</summary>
    string? Last(VirtualMachine vm, AttachmentEnd end)
    {
        StopToken.ThrowIfCancellationRequested();
        if (end == AttachmentEnd.Detached)
            return $"Detached from '{vm.Name}'.";
        if (end != AttachmentEnd.MachineEnded)
            return null;
        vm.WaitFor(MachineState.Off, s_untilOff, StopToken); // the console closes a moment before the machine is off
        return $"'{vm.Name}' is {vm.State}: {vm.Status}";
    }

    /// <summary>Says that it is connected only once it is: who reads that may type at once, and the keys are the guest's.</summary>
    AttachmentEnd Attach(VirtualMachine vm, RawTerminal terminal)
    {
        MachineConsole console = ConsoleOf(vm);
        using ConsoleSeat seat = new(ConsoleKeyboard.Of(console), $"{terminal.Name} ({Runspace.DefaultRunspace?.Name})");
        bool types = !ReadOnly && seat.TakeKeyboard(Force);
        using SessionRecord record = new(SessionState.Path.CurrentFileSystemLocation.ProviderPath, $"{vm.Name}-{console.Port}");
        MachineMenu menu = new(vm, console, seat, terminal, record) { MayTakeKeyboard = !ReadOnly };
        using SerialAttachment attachment = new(console.Log, console.Input, terminal.Input, terminal.Output)
        {
            From = Scrollback.LastLines(console.Log, NoScrollback ? 0 : Tail),
            IsDumb = Environment.GetEnvironmentVariable("TERM") is null or "" or "dumb",
            Seat = seat,
            Title = () => menu.Title,
            Menu = menu.Entries,
            Record = record,
        };
        terminal.Resized += TellSize; // before the first time: what changes between the two is told, too
        TellSize();
        string how = types ? "" : ReadOnly ? ", read-only" : $", read-only: {seat.Holder ?? "somebody"} has the keyboard, and -Force takes it";
        Say($"Connected to '{vm.Name}'{how}. Ctrl+] detaches.");
        return attachment.Run(StopToken);

        // Of several, the terminal that can type counts. A serial port has nowhere to show it.
        void TellSize()
        {
            if (seat.HasKeyboard) console.Resize(terminal.Size.Columns, terminal.Size.Rows);
        }

        void Say(string text)
        {
            if (Terminal is null) Host.UI.Write(text + "\r\n"); // a raw terminal adds no carriage return
            else terminal.WriteLine(text);
        }
    }

    static int Open(string path)
    {
        int terminal = Tty.Open(path);
        if (terminal >= 0 && Termios.TryGet(terminal, out _)) return terminal;
        string reason = terminal < 0 ? $"cannot be opened (errno {Tty.LastError})" : "is not a terminal";
        if (terminal >= 0) _ = Tty.close(terminal);
        throw new VmException(VmErrorId.TerminalRequired, VmErrorKind.InvalidArgument, $"'{path}' {reason}; give the path that tty prints in the other terminal.");
    }
}
