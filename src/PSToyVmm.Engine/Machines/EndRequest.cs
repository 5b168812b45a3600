using PSToyVmm.Engine.Vcpus;

namespace PSToyVmm.Engine.Machines;

/// <summary>Why a run is to end. The first one counts.</summary>
sealed record EndRequest(StopReason Reason, MachineFault? Fault = null, int? ExitCode = null)
{
    /// <summary>What the end of a vCPU's loop means for its machine.</summary>
    public static EndRequest From(int vcpu, VcpuEnd end)
    {
        StopReason reason = end.Kind switch
        {
            VcpuEndKind.Stopped => StopReason.HostStop,
            VcpuEndKind.Reset => StopReason.GuestReset,
            VcpuEndKind.PowerOff => StopReason.GuestPowerOff,
            VcpuEndKind.TripleFault => StopReason.TripleFault,
            VcpuEndKind.EmulationFailure => StopReason.EmulationFailure,
            VcpuEndKind.EntryFailure => StopReason.EntryFailure,
            _ => StopReason.InternalError,
        };
        bool isFault = reason is not (StopReason.HostStop or StopReason.HostRestart or StopReason.GuestReset or StopReason.GuestPowerOff);
        return new(reason, isFault ? new(vcpu, end.Message, end.Rip, end.Instruction ?? [], end.Registers) : null);
    }

    /// <summary>A sentence for the user.</summary>
    public string Describe() => Reason switch
    {
        StopReason.GuestReset => "The guest reset the machine.",
        StopReason.GuestPowerOff => "The guest switched the power off.",
        StopReason.GuestExit => $"The guest ended the machine with exit code {ExitCode}.",
        StopReason.HostStop => "Turned off by the user.",
        StopReason.HostRestart => "Restarted by the user.",
        _ => Fault?.Message ?? Reason.ToString(),
    };
}
