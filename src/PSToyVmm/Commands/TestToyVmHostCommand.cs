using System.Management.Automation;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>Finds out, by trying it, what this host can do for a machine, and what to do about each lack.</summary>
[Cmdlet(VerbsDiagnostic.Test, "ToyVmHost")]
[OutputType(typeof(HostReport))]
public sealed class TestToyVmHostCommand : VmCmdlet
{
    /// <summary>Run no probe guest; whether Linux runs here stays unknown then.</summary>
    [Parameter]
    public SwitchParameter SkipProbeGuest { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing() => ForOne("/dev/kvm", () => WriteObject(HostProbe.Run(probeGuest: !SkipProbeGuest)));
}
