namespace PSToyVmm.Engine.Boot.Acpi;

/// <summary>One byte-wide port that is sleep control, sleep status (ACPI 6.4, 4.8.3.7) and reset register (4.8.3.6) in one.</summary>
/// <param name="Port">Where it is.</param>
/// <param name="PowerOffSleepType">The sleep type, three bits, that switches the power off.</param>
/// <param name="ResetValue">What resets when written as a whole.</param>
public sealed record AcpiPowerControl(ushort Port, byte PowerOffSleepType, byte ResetValue);
