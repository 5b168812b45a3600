using PSToyVmm.Engine.Memory;

namespace PSToyVmm.Engine.Boot;

/// <summary>Where a module lies in guest memory.</summary>
/// <param name="Start">A page's first byte.</param>
/// <param name="Size">Bytes of its file.</param>
/// <param name="Text">Its name and arguments.</param>
public readonly record struct ModulePlacement(GuestAddress Start, ulong Size, string Text);
