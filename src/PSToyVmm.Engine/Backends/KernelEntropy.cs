using PSToyVmm.Engine.Native;
using PSToyVmm.Engine.Virtio;

namespace PSToyVmm.Engine.Backends;

/// <summary>The host kernel's random numbers.</summary>
sealed class KernelEntropy : IEntropySource
{
    /// <inheritdoc/>
    public void Fill(Span<byte> bytes) => KernelRandom.Fill(bytes);
}
