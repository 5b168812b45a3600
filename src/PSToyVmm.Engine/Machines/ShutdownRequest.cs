using PSToyVmm.Engine.Kvm;

namespace PSToyVmm.Engine.Machines;

/// <summary>Asks a running guest to shut down. False where nobody listens: no driver has switched the interrupt on, or the keyboard.</summary>
static class ShutdownRequest
{
    public static bool ByAcpi(VmHandle vm)
    {
        if (!vm.IsIrqUnmasked(MachineFirmware.ShutdownRequestGsi)) return false;
        new KvmInterruptLine(vm, MachineFirmware.ShutdownRequestGsi).Pulse();
        return true;
    }

    public static bool ByKeyboard(MachineDevices devices) => devices.Keyboard.TryPressCtrlAltDelete();
}
