namespace PSToyVmm.Engine.Machines;

/// <summary>One event of a boot.</summary>
/// <param name="Name">The engine's phases memory, tables, kernel, initrd, vm, devices, vcpus; the moments first-entry, first-exit, first-serial-byte, linux-version, login-prompt, marker-0x7b, ...</param>
/// <param name="At">Time since Start was called.</param>
/// <param name="Duration">For the engine's own phases, how long they took; zero for moments.</param>
public sealed record BootPhase(string Name, TimeSpan At, TimeSpan Duration);
