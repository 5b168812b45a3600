using System.Management.Automation;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>Emits what machines have used: processor time by thread, memory, disks, networks. Reading does not stop a guest.</summary>
[Cmdlet(VerbsDiagnostic.Measure, "ToyVm", DefaultParameterSetName = NameSet)]
[OutputType(typeof(MachineMeasurement))]
public sealed class MeasureToyVmCommand : VmTargetCmdlet
{
    /// <inheritdoc/>
    protected override void ProcessMachine(VirtualMachine vm)
    {
        ArgumentNullException.ThrowIfNull(vm);
        WriteObject(vm.Measure());
    }
}
