using System.Management.Automation;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>A cmdlet that makes machines.</summary>
public abstract class VmMakerCmdlet : VmCmdlet, IVmJobCmdlet
{
    VmJobWork? _job;

    /// <summary>Do it in a background job, and emit the job.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing() => _job?.Start();

    /// <summary>Makes the machine of a configuration and emits it; an empty name in it is for the first free one.</summary>
    protected void Make(object target, Func<MachineConfiguration> configure) => ForOne(target, () =>
    {
        ArgumentNullException.ThrowIfNull(configure);
        var configuration = configure();
        using var place = VmRegistry.Reserve(configuration.Name);
        configuration = configuration with { Name = place.Name };
        configuration.Validate();
        if (!ShouldProcess(place.Name, "New virtual machine"))
            return;
        if (AsJob)
        {
            LeaveTo(_job ??= new(this), configuration);
            return;
        }
        place.Machine = WithRunspaces(configuration);
        WriteObject(place.Machine);
    });

    /// <summary>Adds a call of the same cmdlet that makes this machine.</summary>
    private protected abstract void LeaveTo(VmJobWork job, MachineConfiguration configuration);

    static VirtualMachine WithRunspaces(MachineConfiguration configuration)
    {
        var host = new RunspaceVcpuHost();
        var machine = new VirtualMachine(configuration, host);
        host.StopRequested += machine.TurnOff;
        return machine;
    }
}
