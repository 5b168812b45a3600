using PSToyVmm.Engine.Consoles;

namespace PSToyVmm;

/// <summary>One line of a machine's log.</summary>
/// <param name="VmName">The machine.</param>
/// <param name="Time">When it was written (UTC).</param>
/// <param name="Source">Who wrote it.</param>
/// <param name="Text">The line.</param>
public sealed record VmLogEntry(string VmName, DateTimeOffset Time, MachineLogSource Source, string Text);
