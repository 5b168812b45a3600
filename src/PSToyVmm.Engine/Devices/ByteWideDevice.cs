using PSToyVmm.Engine.Bus;

namespace PSToyVmm.Engine.Devices;

/// <summary>
/// A device with an 8-bit data bus, as all of a PC's old ones have. A wider access reaches it as single bytes at
/// successive offsets, which is how a PC's bus splits it; what lies past the last register reads 0xff and ignores writes.
/// One lock per device makes each access whole; callbacks run inside it, so they may only signal.
/// </summary>
public abstract class ByteWideDevice : IBusDevice
{
    readonly uint _registers;

    private protected ByteWideDevice(string label, int registers, Lock? gate = null) =>
        (Label, _registers, Gate) = (label, (uint)registers, gate ?? new Lock());

    /// <inheritdoc/>
    public string Label { get; }

    private protected Lock Gate { get; }

    /// <inheritdoc/>
    public void Read(ulong offset, Span<byte> data)
    {
        lock (Gate)
        {
            for (int i = 0; i < data.Length; i++)
                data[i] = Decodes(offset, i) ? ReadRegister((int)offset + i) : (byte)0xff;
        }
    }

    /// <inheritdoc/>
    public void Write(ulong offset, ReadOnlySpan<byte> data)
    {
        lock (Gate)
        {
            for (int i = 0; i < data.Length; i++)
                if (Decodes(offset, i))
                    WriteRegister((int)offset + i, data[i]);
        }
    }

    private protected abstract byte ReadRegister(int register);

    private protected abstract void WriteRegister(int register, byte value);

    bool Decodes(ulong offset, int index) => offset < _registers && (uint)index < _registers - offset;
}
