using System.Management.Automation;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>Emits what the guests did to their hypervisor, most frequent first. Reading does not stop a guest.</summary>
[Cmdlet(VerbsCommon.Get, "ToyVmExitStats", DefaultParameterSetName = NameSet)]
[OutputType(typeof(ExitStatistic))]
public sealed class GetToyVmExitStatsCommand : VmTargetCmdlet
{
    /// <summary>Who counted: this VMM (exits to it, by port or page), KVM itself (its own counters), or both.</summary>
    [Parameter]
    public ExitStatisticSource Source { get; set; } = ExitStatisticSource.Vmm;

    /// <inheritdoc/>
    protected override void ProcessMachine(VirtualMachine vm)
    {
        ArgumentNullException.ThrowIfNull(vm);
        var statistics = vm.GetExitStatistics().Where(s => Source == ExitStatisticSource.All || s.Source == Source.ToString());
        WriteObject(statistics, enumerateCollection: true);
    }
}
