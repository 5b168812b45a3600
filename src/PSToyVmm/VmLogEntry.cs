using PSToyVmm.Engine.Consoles;

namespace PSToyVmm;

/// <summary>One line of a machine's log.</summary>
/// <param name="VmName">The machine.</param>
/// <param name="Time">When it was written, in local time: a type that keeps its moment on the way to another process.</param>
/// <param name="Source">Who wrote it.</param>
/// <param name="Text">The line.</param>
public sealed record VmLogEntry(string VmName, DateTime Time, MachineLogSource Source, string Text);
