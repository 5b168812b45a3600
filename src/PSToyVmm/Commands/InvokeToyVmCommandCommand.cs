using System.Globalization;
using System.Management.Automation;
using PSToyVmm.Engine.Consoles;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>Runs a command in the shell that waits at the prompt of each machine's console, and emits what it came to.</summary>
[Cmdlet(VerbsLifecycle.Invoke, "ToyVmCommand", SupportsShouldProcess = true, DefaultParameterSetName = NameSet)]
[OutputType(typeof(VmCommandResult), typeof(Job))]
public sealed class InvokeToyVmCommandCommand : VmParallelCmdlet
{
    string _script = "";
    string[] _arguments = [];

    /// <summary>A command, or several lines of them, in the language of the guest's shell.</summary>
    [Parameter(Position = 0)]
    [AllowEmptyString]
    public string Command { get; set; } = "";

    /// <summary>A file on the host with the commands.</summary>
    [Parameter]
    [PathArgument, ValidateNotNullOrEmpty]
    public string? FilePath { get; set; }

    /// <summary>Values that the command finds as $1, $2 and so on, exactly as they are.</summary>
    [Parameter]
    [Alias("Args"), AllowEmptyCollection, AllowNull]
    public object?[] ArgumentList { get; set; } = [];

    /// <summary>How long the command may take (seconds or a TimeSpan); then it is interrupted.</summary>
    [Parameter]
    [TimeoutArgument]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        if (FilePath is null == string.IsNullOrWhiteSpace(Command))
            Refuse("CommandOrFilePath", "Give a -Command or a -FilePath, one of the two; with -FilePath the machines' names need -Name.");
        _arguments = [.. (ArgumentList ?? []).Select(value => Convert.ToString(value is PSObject wrapped ? wrapped.BaseObject : value, CultureInfo.InvariantCulture) ?? "")];
        _script = FilePath is null ? Command : OrEnd(FilePath, () => HostFiles.ReadText(ResolvePath(FilePath))).ReplaceLineEndings("\n");
    }

    /// <inheritdoc/>
    protected override bool Wants(VirtualMachine vm) => ShouldProcess(vm?.Name, $"Run '{(FilePath ?? Command).Split('\n')[0]}'");

    /// <inheritdoc/>
    protected override object? Work(VirtualMachine vm, MachineConsole console)
    {
        ArgumentNullException.ThrowIfNull(vm);
        ArgumentNullException.ThrowIfNull(console);
        var result = console.Shell.Run(_script, _arguments, Timeout, StopToken);
        SerialCursor.Of(console).NextMatch = console.Shell.Position;    // a wait that follows is for what comes after it
        if (result.LostBytes > 0)
            Later(() => WriteWarning($"{result.LostBytes} bytes of the output of '{vm.Name}' had left the scrollback before they were read."));
        return new VmCommandResult(vm.Name, result);
    }
}
