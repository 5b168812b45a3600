using PSToyVmm.Engine.Memory;

namespace PSToyVmm.Engine.Boot;

/// <summary>Where a kernel goes in guest memory, and what it says about its neighbours.</summary>
/// <param name="Entry">Its entry point, a physical address.</param>
/// <param name="Start">The first byte it occupies.</param>
/// <param name="End">First address past what it occupies before it reads the memory map: bss or init_size included.</param>
/// <param name="SetupHeader">A bzImage's own setup header, to be handed back to it in the zero page; null for others.</param>
/// <param name="InitrdAddressMax">The highest address that a byte of the initrd may have.</param>
/// <param name="CommandLineMax">Bytes of the longest command line it reads, the NUL not counted.</param>
public sealed record KernelPlacement(
    GuestAddress Entry, GuestAddress Start, ulong End, ReadOnlyMemory<byte>? SetupHeader, uint InitrdAddressMax, uint CommandLineMax)
{
    /// <summary>How it is entered; never Auto.</summary>
    public BootProtocol Protocol { get; init; } = BootProtocol.Linux;

    /// <summary>The word before the user's command line: a Multiboot kernel expects its own name there. Empty for none.</summary>
    public string CommandLinePrefix { get; init; } = "";

    /// <summary>The whole command line, of what the user gave.</summary>
    public string CommandLine(string given) => CommandLinePrefix.Length == 0 ? given : $"{CommandLinePrefix} {given}".TrimEnd(' ');
}
