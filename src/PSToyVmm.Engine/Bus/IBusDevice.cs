namespace PSToyVmm.Engine.Bus;

/// <summary>
/// A device on a port or MMIO bus. It knows offsets from its base, never its address, and guards its own state:
/// several vCPUs may call it at once. Data is little-endian and 1, 2, 4 or 8 bytes long, whatever the guest chose.
/// </summary>
public interface IBusDevice
{
    /// <summary>Name shown in exit statistics, for example <c>serial</c>.</summary>
    string Label { get; }

    /// <summary>Fills <paramref name="data"/>; what the device does not decode must read as it does on the real bus (mostly 0xff).</summary>
    void Read(ulong offset, Span<byte> data);

    /// <summary>Takes what the guest wrote. Never throws for anything a guest can write.</summary>
    void Write(ulong offset, ReadOnlySpan<byte> data);
}
