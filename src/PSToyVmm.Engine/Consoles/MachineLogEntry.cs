namespace PSToyVmm.Engine.Consoles;

/// <summary>One line of a machine's log.</summary>
/// <param name="Time">When it was written (UTC).</param>
/// <param name="Source">Who wrote it.</param>
/// <param name="Text">The line, without control characters.</param>
public sealed record MachineLogEntry(DateTimeOffset Time, MachineLogSource Source, string Text);
