using PSToyVmm.Engine.Bus;
using PSToyVmm.Engine.Native;

namespace PSToyVmm.Engine.Machines;

/// <summary>An input of the I/O APIC behind an eventfd. For devices with a thread of their own; see <see cref="KvmInterruptLine"/> for the others.</summary>
sealed class IrqFdLine : IInterruptLine, IDisposable
{
    /// <summary>What KVM waits for.</summary>
    public EventFd EventFd { get; } = new();

    /// <inheritdoc/>
    public void Pulse() => EventFd.Signal();

    /// <inheritdoc/>
    public void Dispose() => EventFd.Dispose();
}
