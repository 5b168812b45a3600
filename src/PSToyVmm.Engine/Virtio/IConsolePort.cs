namespace PSToyVmm.Engine.Virtio;

/// <summary>What a console device is connected to on the host. None of its members waits for anybody; all are called from any thread.</summary>
interface IConsolePort
{
    /// <summary>The size of the terminal there; (0, 0) while nobody knows.</summary>
    (ushort Columns, ushort Rows) Size { get; }

    /// <summary>Bytes that wait for the guest.</summary>
    int Waiting { get; }

    /// <summary>Takes what waits, the oldest first.</summary>
    /// <returns>Bytes taken.</returns>
    int Read(Span<byte> into);

    /// <summary>Takes all that the guest wrote.</summary>
    void Write(ReadOnlySpan<byte> bytes);
}
