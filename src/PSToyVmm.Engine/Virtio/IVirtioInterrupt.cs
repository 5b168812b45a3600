namespace PSToyVmm.Engine.Virtio;

/// <summary>How a device reaches its driver: what a transport implements, each in its way. Never blocks, never allocates; from any thread.</summary>
interface IVirtioInterrupt
{
    /// <summary>There are used buffers in this queue.</summary>
    void SignalQueue(int queue);

    /// <summary>The configuration has changed, or the device needs a reset.</summary>
    void SignalConfig();
}
