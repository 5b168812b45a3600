namespace PSToyVmm.Engine.Machines;

/// <summary>Asks a running guest to shut down. False where nobody listens: no driver has switched the interrupt on, or the keyboard.</summary>
static class ShutdownRequest
{
    /// <summary>
    /// Asks the operating system itself, and presses the power button for one that does not know the request: Linux answers
    /// the first, and the second goes unheard unless a daemon listens, which wants the same.
    /// </summary>
    public static bool ByAcpi(MachineRun run) =>
        TryPulse(run, MachineFirmware.ShutdownRequestGsi) | TryPulse(run, MachineFirmware.PowerButtonGsi);

    public static bool ByKeyboard(MachineRun run) => run.Devices!.Keyboard.TryPressCtrlAltDelete();

    static bool TryPulse(MachineRun run, uint gsi)
    {
        // Without ACPI that input is nobody's: a guest that unmasks it expects no such interrupt.
        if (!run.HasAcpi || !run.Vm!.IsIrqUnmasked(gsi)) return false;
        new KvmInterruptLine(run.Vm, gsi).Pulse();
        return true;
    }
}
