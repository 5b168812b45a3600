namespace PSToyVmm.Engine.Consoles;

/// <summary>What a command in a guest came to.</summary>
/// <param name="Output">The lines that it wrote to its standard output and its standard error, in the order of the console.</param>
/// <param name="ExitCode">Its exit status, 0 to 255; 128 and more for a signal.</param>
/// <param name="Duration">From its beginning to its end, as its console showed them.</param>
/// <param name="LostBytes">Bytes of the output that had left the scrollback before they were read.</param>
public sealed record ShellResult(IReadOnlyList<string> Output, int ExitCode, TimeSpan Duration, long LostBytes);
