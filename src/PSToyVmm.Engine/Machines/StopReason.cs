namespace PSToyVmm.Engine.Machines;

/// <summary>Why a machine last ended.</summary>
public enum StopReason
{
    /// <summary>It has not ended yet.</summary>
    None,
    /// <summary>The guest reset the machine (i8042 pulse, port 0xcf9, or a reset event of KVM).</summary>
    GuestReset,
    /// <summary>The guest switched the power off.</summary>
    GuestPowerOff,
    /// <summary>The guest ended the machine by its debug-exit port; ExitCode has the number.</summary>
    GuestExit,
    /// <summary>The user turned it off. A guest that shut down when it was asked ends by GuestPowerOff or GuestReset.</summary>
    HostStop,
    /// <summary>The user restarted it. The run after it is a new one, so this is seen only where that one could not start.</summary>
    HostRestart,
    /// <summary>The guest's processor shut down: a fault while a double fault was delivered.</summary>
    TripleFault,
    /// <summary>KVM met an instruction that it cannot emulate; the fault has rip and the bytes.</summary>
    EmulationFailure,
    /// <summary>KVM refused to enter the guest with this processor state.</summary>
    EntryFailure,
    /// <summary>KVM or the VMM itself failed; the fault says how.</summary>
    InternalError,
}
