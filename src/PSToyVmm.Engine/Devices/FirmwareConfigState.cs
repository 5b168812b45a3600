namespace PSToyVmm.Engine.Devices;

/// <summary>Everything that a guest can change of a <see cref="FirmwareConfig"/>.</summary>
/// <param name="Selector">The item selected.</param>
/// <param name="Position">How much of it has been read.</param>
public sealed record FirmwareConfigState(ushort Selector, int Position);
