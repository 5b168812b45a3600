namespace PSToyVmm.Engine.Consoles;

/// <summary>A line that a guest wrote, as <see cref="ConsoleWatch"/> found it.</summary>
/// <param name="Text">Its text, as it was written, without its end.</param>
/// <param name="Offset">Position in the log of its first byte.</param>
/// <param name="IsComplete">False where it has no end yet and the guest has paused: a prompt. With its end, it comes again.</param>
/// <param name="LostBytes">Bytes before it that had left the scrollback before they were read.</param>
public sealed record ConsoleLine(string Text, long Offset, bool IsComplete, long LostBytes);
