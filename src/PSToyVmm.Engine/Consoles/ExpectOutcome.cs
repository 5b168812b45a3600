namespace PSToyVmm.Engine.Consoles;

/// <summary>Why a wait for text ended.</summary>
public enum ExpectOutcome
{
    /// <summary>Found.</summary>
    Matched,
    /// <summary>The time was over.</summary>
    TimedOut,
    /// <summary>The machine is off and will not say more.</summary>
    Ended,
}
