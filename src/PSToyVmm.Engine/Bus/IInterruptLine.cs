namespace PSToyVmm.Engine.Bus;

/// <summary>An edge-triggered interrupt input: an irqfd, or a counter in a test.</summary>
public interface IInterruptLine
{
    /// <summary>One rising edge. Never blocks and never allocates.</summary>
    void Pulse();
}
