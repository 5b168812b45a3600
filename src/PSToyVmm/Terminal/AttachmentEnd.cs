namespace PSToyVmm.Terminal;

/// <summary>Why a <see cref="SerialAttachment"/> ended.</summary>
enum AttachmentEnd
{
    /// <summary>The user pressed Ctrl+], or chose so in its menu.</summary>
    Detached = 1,
    /// <summary>The machine is off, and all it wrote has been shown.</summary>
    MachineEnded,
    /// <summary>Whoever runs the attachment stopped it.</summary>
    Stopped,
    /// <summary>The terminal has gone.</summary>
    TerminalClosed,
}
