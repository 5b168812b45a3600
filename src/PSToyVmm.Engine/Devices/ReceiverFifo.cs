namespace PSToyVmm.Engine.Devices;

/// <summary>
/// A serial port's receiver: bytes, and which of them stand for a break. Of a break the receiver has one zero byte, whose
/// indication is seen while that byte is the oldest (NS16550A data sheet, LSR bit 4). Its owner locks.
/// </summary>
/// <param name="capacity">No more than 32.</param>
sealed class ReceiverFifo(int capacity)
{
    readonly ByteFifo _bytes = new(capacity);

    public int Count => _bytes.Count;

    /// <summary>One bit for each byte, of the oldest the lowest: a break that the guest has not been told of.</summary>
    public uint Breaks { get; private set; }

    /// <summary>Whether the oldest byte is such a break.</summary>
    public bool IsBreakNext => (Breaks & 1) != 0;

    public void Enqueue(byte value, bool isBreak = false)
    {
        if (isBreak) Breaks |= 1u << Count;
        _bytes.Enqueue(value);
    }

    /// <summary>Puts back what <see cref="ToArray"/> and <see cref="Breaks"/> gave.</summary>
    public void Restore(ReadOnlySpan<byte> values, uint breaks)
    {
        _bytes.Enqueue(values);
        Breaks = breaks & (uint)((1ul << Count) - 1);
    }

    public bool TryDequeue(out byte value)
    {
        Breaks >>= 1;
        return _bytes.TryDequeue(out value);
    }

    /// <summary>The guest has read of the oldest byte that it is a break.</summary>
    public void AcknowledgeBreak() => Breaks &= ~1u;

    public void Clear()
    {
        _bytes.Clear();
        Breaks = 0;
    }

    public byte[] ToArray() => _bytes.ToArray();
}
