namespace PSToyVmm.Engine.Virtio;

/// <summary>Random bytes of the host's.</summary>
interface IEntropySource
{
    /// <summary>Fills <paramref name="bytes"/>. Does not wait, and does not fail.</summary>
    void Fill(Span<byte> bytes);
}
