using System.Management.Automation;
using PSToyVmm.Engine.Consoles;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>Emits what is remembered of each machine's life: its events, POST codes and lines of the debug console, oldest first.</summary>
[Cmdlet(VerbsCommon.Get, "ToyVmLog", DefaultParameterSetName = NameSet)]
[OutputType(typeof(VmLogEntry))]
public sealed class GetToyVmLogCommand : VmTargetCmdlet
{
    /// <summary>Whose lines; all by default.</summary>
    [Parameter, ValidateNotNullOrEmpty]
    public MachineLogSource[] Source { get; set; } = Enum.GetValues<MachineLogSource>();

    /// <summary>Only the last so many lines of each machine.</summary>
    [Parameter, ValidateRange(0, int.MaxValue)]
    public int Tail { get; set; } = int.MaxValue;

    /// <inheritdoc/>
    protected override void ProcessMachine(VirtualMachine vm)
    {
        ArgumentNullException.ThrowIfNull(vm);
        var entries = vm.Log.Read().Where(entry => Source.Contains(entry.Source)).TakeLast(Tail);
        WriteObject(entries.Select(entry => new VmLogEntry(vm.Name, entry.Time.LocalDateTime, entry.Source, entry.Text)), enumerateCollection: true);
    }
}
