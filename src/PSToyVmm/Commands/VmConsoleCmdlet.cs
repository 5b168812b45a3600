using System.Management.Automation;
using PSToyVmm.Engine.Consoles;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>A cmdlet about one console of each machine.</summary>
public abstract class VmConsoleCmdlet : VmTargetCmdlet
{
    /// <summary>Which console: the serial port ttyS0, or the virtio console hvc0.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty, ArgumentCompleter(typeof(ConsolePortCompleter))]
    public string Port { get; set; } = ConsolePortCompleter.SerialPort;

    /// <summary>The console of a machine that -Port names.</summary>
    /// <exception cref="Engine.VmException">ConsolePortNotFound.</exception>
    protected MachineConsole ConsoleOf(VirtualMachine vm)
    {
        ArgumentNullException.ThrowIfNull(vm);
        return vm.FindConsole(Port);
    }
}
