namespace PSToyVmm.Engine.Machines;

/// <summary>What came of asking a guest to shut down.</summary>
public enum ShutdownOutcome
{
    /// <summary>Nobody in the guest listens, so it was not asked, and still runs.</summary>
    NotHeard,
    /// <summary>It was asked and still runs.</summary>
    Unanswered,
    /// <summary>It ended after ACPI's shutdown request, which Linux answers by running /sbin/poweroff.</summary>
    Acpi,
    /// <summary>It ended after Ctrl+Alt+Del at the keyboard, which Linux hands to its init.</summary>
    CtrlAltDelete,
}
