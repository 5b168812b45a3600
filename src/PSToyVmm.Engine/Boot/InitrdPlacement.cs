using PSToyVmm.Engine.Memory;

namespace PSToyVmm.Engine.Boot;

/// <summary>Where an initrd lies in guest memory.</summary>
public readonly record struct InitrdPlacement(GuestAddress Start, ulong Size);
