namespace PSToyVmm.Engine.Consoles;

/// <summary>What <see cref="SerialExpect"/> found: the text, its groups, and where it stands in the log.</summary>
/// <param name="Value">The matched text; its line ends are <c>\n</c>.</param>
/// <param name="Groups">Named and numbered groups (<c>0</c> is the whole match).</param>
/// <param name="Before">The text between the starting position and the match, as far back as it was searched.</param>
/// <param name="Start">Position in the log of its first byte.</param>
/// <param name="End">Position one past its last byte: where to go on reading.</param>
/// <param name="Elapsed">How long the wait took.</param>
public sealed record SerialMatch(string Value, IReadOnlyDictionary<string, string> Groups, string Before, long Start, long End, TimeSpan Elapsed)
{
    /// <summary>Which of the patterns it was, from 0.</summary>
    public int Pattern { get; init; }

    /// <summary>Whose console it was; empty where the waiter did not say.</summary>
    public string VmName { get; init; } = "";
}
