namespace PSToyVmm.Engine.Machines;

/// <summary>What is known about a fault that ended a machine.</summary>
/// <param name="VcpuIndex">The vCPU it happened on; -1 for a device.</param>
/// <param name="Message">One sentence.</param>
/// <param name="InstructionPointer">rip, where the registers could be read.</param>
/// <param name="InstructionBytes">The bytes there, where KVM or guest memory gave them; else empty.</param>
/// <param name="Registers">A register dump, several lines; empty where there is none.</param>
public sealed record MachineFault(int VcpuIndex, string Message, ulong? InstructionPointer, IReadOnlyList<byte> InstructionBytes, string Registers)
{
    /// <summary>The sentence: what a copy of the machine in another process has of it.</summary>
    public override string ToString() => Message;
}
