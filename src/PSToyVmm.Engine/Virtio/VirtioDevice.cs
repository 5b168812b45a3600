using System.Runtime.InteropServices;
using PSToyVmm.Engine.Memory;

namespace PSToyVmm.Engine.Virtio;

/// <summary>
/// A device, whatever the transport. Its work is done in turns, one at a time, on a thread of its own and never on a vCPU's:
/// <see cref="OnQueue"/> when its driver notified a queue, <see cref="OnSource"/> when something of the host's is ready,
/// <see cref="OnTimer"/> when a time has come. All of that, <see cref="Start"/> and <see cref="Reset"/> run with the device's gate
/// held. In a turn it takes what it can without waiting for anything; used buffers are shown to the driver when it returns.
/// </summary>
abstract class VirtioDevice : IDisposable
{
    /// <summary>What users and statistics call it: <c>rng</c>, <c>disk0</c>.</summary>
    public abstract string Label { get; }

    /// <summary>Its type (virtio 1.2, 5).</summary>
    public abstract uint DeviceId { get; }

    /// <summary>What it can do beyond <see cref="VirtioFeature.OfEveryDevice"/>. Does not change.</summary>
    public virtual ulong Features => 0;

    /// <summary>For each of its queues the largest size, a power of two.</summary>
    public abstract IReadOnlyList<ushort> QueueSizes { get; }

    /// <summary>Handles of the host's that its thread waits for. Does not change.</summary>
    public virtual IReadOnlyList<SafeHandle> Sources => [];

    /// <summary>What serves it on the host, for users; empty where there is nothing to tell.</summary>
    public virtual string Backend => "";

    /// <summary>A reading of what it has counted, for users, in an order that makes sense. From any thread, without the gate.</summary>
    public virtual IReadOnlyList<(string Name, long Value)> ReadCounters() => [];

    /// <summary>Where it tells its machine's log what happened to it on the host.</summary>
    internal Action<string> Note { get; set; } = static _ => { };

    /// <summary>Which of its two halves it is joined to a driver by; null before there is one.</summary>
    internal VirtioControl? Control { get; set; }

    /// <summary>Guest memory.</summary>
    protected GuestMemory Memory => Control!.Memory;

    /// <summary>Its queues while a driver has it started; one that the driver did not set up is null.</summary>
    protected IReadOnlyList<Virtqueue?> Queues => Control!.Queues;

    /// <summary>Whether a driver has it started.</summary>
    protected bool IsStarted => Control is { IsStarted: true };

    /// <summary>Whether a feature is offered and was accepted.</summary>
    protected bool Has(ulong feature) => (Control!.Features & feature) == feature;

    /// <summary>
    /// A driver's read of the configuration space, of any offset and length; what is not there reads zero. On a vCPU's thread,
    /// without the gate: at the same time as the device's work, so it may wait for nothing.
    /// </summary>
    public virtual void ReadConfig(ulong offset, Span<byte> data) => data.Clear();

    /// <summary>A driver's write, of any offset and length. As <see cref="ReadConfig"/>.</summary>
    public virtual void WriteConfig(ulong offset, ReadOnlySpan<byte> data)
    {
    }

    /// <summary>The driver is ready: <see cref="Queues"/> and features are final until the reset.</summary>
    public virtual void Start()
    {
    }

    /// <summary>The driver notified a queue, or another turn is due.</summary>
    public abstract void OnQueue(int queue);

    /// <summary>For which events of a source the thread is to wait now. Asked before each wait, while started.</summary>
    public virtual SourceEvents Awaits(int source) => SourceEvents.None;

    /// <summary>A source is ready, or has failed.</summary>
    public virtual void OnSource(int source)
    {
    }

    /// <summary>How long until <see cref="OnTimer"/> is due; null where it is not. Asked before each wait, while started.</summary>
    public virtual TimeSpan? TimeUntilTimer() => null;

    /// <summary>The time has come.</summary>
    public virtual void OnTimer()
    {
    }

    /// <summary>
    /// Returns when nothing that the device began for its guest still reads or writes guest memory: a system call's buffers. With
    /// the gate held, which its own thread then waits for: so it takes in itself whatever it waits for.
    /// </summary>
    public virtual void Quiesce()
    {
    }

    /// <summary>Back to as it was made. <see cref="Quiesce"/> came before.</summary>
    public virtual void Reset()
    {
    }

    /// <summary>Closes what it has of the host. After its thread has ended.</summary>
    public virtual void Dispose() => GC.SuppressFinalize(this);

    /// <summary>
    /// The guest did what no driver may: the device needs a reset and does nothing until then. For what a driver can
    /// handle, a request has a status.
    /// </summary>
    protected void Break(string fault) => Control!.Break(fault);

    /// <summary>What <see cref="ReadConfig"/> returns has changed: tells the driver. From any thread.</summary>
    protected void ConfigChanged() => Control?.ConfigChanged();

    /// <summary>Asks for a turn (<see cref="OnQueue"/>). From any thread.</summary>
    protected void Wake(int queue) => Control?.Notify((uint)queue);

    /// <summary>For <see cref="ReadConfig"/>: the part of a configuration space that was asked for, zeroes behind its end.</summary>
    protected static void CopyConfig(ReadOnlySpan<byte> config, ulong offset, Span<byte> data)
    {
        data.Clear();
        if (offset >= (ulong)config.Length) return;
        ReadOnlySpan<byte> rest = config[(int)offset..];
        rest[..Math.Min(rest.Length, data.Length)].CopyTo(data);
    }
}
