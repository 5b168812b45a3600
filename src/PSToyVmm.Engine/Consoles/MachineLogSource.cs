namespace PSToyVmm.Engine.Consoles;

/// <summary>Who writes to a machine's log.</summary>
public enum MachineLogSource
{
    /// <summary>This VMM: the machine's life.</summary>
    Vmm,
    /// <summary>The guest, by codes at the POST port, 0x80.</summary>
    Post,
    /// <summary>The guest, by text at the debug console, port 0xe9.</summary>
    DebugConsole,
}
