namespace PSToyVmm;

/// <summary>One event of a machine's last boot.</summary>
/// <param name="VmName">The machine.</param>
/// <param name="Name">memory, load, vcpu, first-entry, first-serial-byte, linux-version, login-prompt, marker-0x7b, ...</param>
/// <param name="At">Time since Start was called.</param>
/// <param name="Duration">For the engine's own phases, how long they took; zero for moments.</param>
public sealed record VmBootPhase(string VmName, string Name, TimeSpan At, TimeSpan Duration);
