namespace PSToyVmm.Engine.Devices;

/// <summary>A small ring of bytes that never grows. Its owner locks.</summary>
sealed class ByteFifo(int capacity)
{
    readonly byte[] _bytes = new byte[capacity];
    int _first;

    public int Count { get; private set; }

    public int Free => _bytes.Length - Count;

    /// <summary>Adds a byte at the end, or drops it when there is no room.</summary>
    public void Enqueue(byte value)
    {
        if (Free > 0)
            _bytes[(_first + Count++) % _bytes.Length] = value;
    }

    public void Enqueue(ReadOnlySpan<byte> values)
    {
        foreach (byte value in values)
            Enqueue(value);
    }

    public bool TryDequeue(out byte value)
    {
        value = _bytes[_first];
        if (Count == 0)
            return false;
        _first = (_first + 1) % _bytes.Length;
        Count--;
        return true;
    }

    public void Clear() => Count = 0;

    public byte[] ToArray()
    {
        byte[] copy = new byte[Count];
        for (int i = 0; i < copy.Length; i++)
            copy[i] = _bytes[(_first + i) % _bytes.Length];
        return copy;
    }
}
