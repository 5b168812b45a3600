namespace PSToyVmm.Engine.Machines;

/// <summary>Asks a running guest to shut down. False where nobody listens: no driver has switched the interrupt on, or the keyboard.</summary>
static class ShutdownRequest
{
    public static bool ByAcpi(MachineRun run)
    {
        // Without ACPI that input is nobody's: a guest that unmasks it expects no such interrupt.
        if (!run.HasAcpi || !run.Vm!.IsIrqUnmasked(MachineFirmware.ShutdownRequestGsi)) return false;
        new KvmInterruptLine(run.Vm, MachineFirmware.ShutdownRequestGsi).Pulse();
        return true;
    }

    public static bool ByKeyboard(MachineRun run) => run.Devices!.Keyboard.TryPressCtrlAltDelete();
}
