using PSToyVmm.Engine.Bus;

namespace PSToyVmm.Engine.Devices;

/// <summary>
/// Four ports that end the machine with a number, for test programs that run without an operating system: QEMU's
/// isa-debug-exit. The number is what was written; QEMU's own exit status would be twice that and one. Reads 0.
/// </summary>
/// <param name="onExit">The little-endian value of a write of up to 32 bits; only to signal.</param>
public sealed class DebugExit(Action<int> onExit) : IBusDevice
{
    /// <summary>Ports it takes.</summary>
    public const int PortCount = 4;

    /// <inheritdoc/>
    public string Label => "debug-exit";

    /// <inheritdoc/>
    public void Read(ulong offset, Span<byte> data) => data.Clear();

    /// <inheritdoc/>
    public void Write(ulong offset, ReadOnlySpan<byte> data)
    {
        int value = 0;
        for (int i = 0; i < Math.Min(data.Length, sizeof(int)); i++) value |= data[i] << i * 8;
        if (data.Length > 0) onExit(value);
    }
}
