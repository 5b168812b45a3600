using System.Management.Automation;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>Loads the kernel and lets the machine run; returns once its vCPUs do.</summary>
[Cmdlet(VerbsLifecycle.Start, "ToyVm", SupportsShouldProcess = true, DefaultParameterSetName = NameSet)]
[OutputType(typeof(VirtualMachine))]
public sealed class StartToyVmCommand : VmTargetCmdlet
{
    /// <summary>Emit the machine.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessMachine(VirtualMachine vm)
    {
        ArgumentNullException.ThrowIfNull(vm);
        if (!ShouldProcess(vm.Name, "Start virtual machine"))
            return;
        long[] before = [.. vm.Consoles.Select(console => console.Log.End)];
        vm.Start();
        foreach (var (console, end) in vm.Consoles.Zip(before))
            SerialCursor.Of(console).NextMatch = end;    // an old run's prompt is not this run's
        if (PassThru)
            WriteObject(vm);
    }
}
