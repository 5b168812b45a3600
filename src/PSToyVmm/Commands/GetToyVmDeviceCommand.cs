using System.Management.Automation;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>Emits the virtio devices of machines and what they have done. Reading does not stop a guest.</summary>
[Cmdlet(VerbsCommon.Get, "ToyVmDevice", DefaultParameterSetName = NameSet)]
[OutputType(typeof(DeviceReading))]
public sealed class GetToyVmDeviceCommand : VmTargetCmdlet
{
    /// <inheritdoc/>
    protected override void ProcessMachine(VirtualMachine vm)
    {
        ArgumentNullException.ThrowIfNull(vm);
        WriteObject(vm.GetDevices(), enumerateCollection: true);
    }
}
