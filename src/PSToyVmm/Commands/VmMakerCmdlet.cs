using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>A cmdlet that makes machines.</summary>
public abstract class VmMakerCmdlet : VmCmdlet
{
    /// <summary>Makes the machine of a configuration and emits it; an empty name in it is for the first free one.</summary>
    protected void Make(object target, Func<MachineConfiguration> configure) => ForOne(target, () =>
    {
        ArgumentNullException.ThrowIfNull(configure);
        var configuration = configure();
        using var place = VmRegistry.Reserve(configuration.Name);
        configuration = configuration with { Name = place.Name };
        configuration.Validate();
        if (!ShouldProcess(place.Name, "New virtual machine") || IsLeftToJob(configuration))
            return;
        place.Machine = WithRunspaces(configuration);
        WriteObject(place.Machine);
    });

    /// <summary>Whether it is to be made in the background, by the same cmdlet.</summary>
    private protected virtual bool IsLeftToJob(MachineConfiguration configuration) => false;

    static VirtualMachine WithRunspaces(MachineConfiguration configuration)
    {
        var host = new RunspaceVcpuHost();
        var machine = new VirtualMachine(configuration, host);
        host.StopRequested += machine.TurnOff;
        return machine;
    }
}
