namespace PSToyVmm.Engine.Devices;

/// <summary>
/// The sleep control and status registers of hardware-reduced ACPI (ACPI 6.5, 4.8.3.7) in one byte, with the reset
/// register in it too: the FADT names this port for all three, as cloud-hypervisor's does (0x600).
/// </summary>
/// <param name="onPowerOff">SLP_EN written with the type of S5; only to signal.</param>
/// <param name="onReset">The reset value written; only to signal.</param>
public sealed class PowerControl(Action onPowerOff, Action onReset) : ByteWideDevice("power-control", 1)
{
    /// <summary>What the FADT's RESET_VALUE has to be.</summary>
    public const byte ResetValue = 1;

    /// <summary>What the DSDT's <c>_S5</c> has to name as its sleep type.</summary>
    public const byte PowerOffSleepType = 5;

    const byte SleepEnable = 1 << 5;

    // Nothing woke it up: WAK_STS is clear, and SLP_EN always reads 0.
    private protected override byte ReadRegister(int register) => 0;

    private protected override void WriteRegister(int register, byte value)
    {
        int type = value >> 2 & 0b111;
        if ((value & SleepEnable) != 0 && type == PowerOffSleepType) onPowerOff();
        else if (value == ResetValue) onReset();
    }
}
