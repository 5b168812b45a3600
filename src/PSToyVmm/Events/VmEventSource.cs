using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>
/// The source of one subscription of Register-ToyVmEvent: of one kind of event, of any number of machines. It watches only
/// while somebody is subscribed, and Unregister-Event is all it takes to end that. A removed machine's is silent.
/// </summary>
public abstract class VmEventSource
{
    SubscriberQueue? _queue;

    private protected VmEventSource(IReadOnlyList<VirtualMachine> machines) => Machines = machines;

    /// <summary>The machines.</summary>
    public IReadOnlyList<VirtualMachine> Machines { get; }

    /// <summary>
    /// Raises an event at the subscriber, here and now. PowerShell's own handler of a .NET event would do it some time on the pool, where
    /// one event may overtake the other; it subscribes all the same, so that we hear when it begins and ends.
    /// </summary>
    internal Action<VirtualMachine, EventArgs> Deliver { get; set; } = (_, _) => { };

    /// <summary>Where its events wait for the subscriber, once PowerShell has one.</summary>
    internal SubscriberQueue? Queue { get => Volatile.Read(ref _queue); set => Volatile.Write(ref _queue, value); }

    /// <summary>What PowerShell subscribes to.</summary>
    internal abstract string EventName { get; }

    /// <summary>The machines' names.</summary>
    public override string ToString() => string.Join(", ", Machines);
}

/// <summary>The same, with what it tells.</summary>
/// <typeparam name="T">The event's arguments.</typeparam>
public abstract class VmEventSource<T> : VmEventSource where T : VmEventArgs
{
    readonly Lock _gate = new();
    EventHandler<T>? _handlers;
    Backlog<T>? _backlog;

    private protected VmEventSource(IReadOnlyList<VirtualMachine> machines) : base(machines)
    {
    }

    private protected void Add(EventHandler<T>? handler)
    {
        lock (_gate)
        {
            bool isFirst = _handlers is null;
            _handlers += handler; // before anything can happen that the handler is to be told
            if (isFirst) BeginAll();
        }
    }

    // All of them or none.
    void BeginAll()
    {
        int begun = 0;
        try
        {
            for (; begun < Machines.Count; begun++) Begin(Machines[begun]);
        }
        catch
        {
            EndAll(begun);
            throw;
        }
    }

    void EndAll(int count)
    {
        _handlers = null;
        foreach (VirtualMachine vm in Machines.Take(count)) End(vm);
        _backlog?.Dispose();
        _backlog = null;
    }

    private protected void Remove(EventHandler<T>? handler)
    {
        lock (_gate)
        {
            if (_handlers is null) return;
            _handlers -= handler;
            if (_handlers is null) EndAll(Machines.Count);
        }
    }

    /// <summary>Watches a machine.</summary>
    private protected abstract void Begin(VirtualMachine vm);

    /// <summary>Watches it no more. Waits for nobody: it may be the subscriber's action that ends the subscription.</summary>
    private protected abstract void End(VirtualMachine vm);

    /// <summary>Tells the subscriber, here and now. An idle shell runs the subscriber's action meanwhile.</summary>
    private protected void Tell(VirtualMachine vm, T what)
    {
        if (Volatile.Read(ref _handlers) is not null) Deliver(vm, what);
    }

    /// <summary>
    /// Tells the subscriber, in order and on the pool: a slow action holds up nobody else who listens to the machine. One that is
    /// too far behind misses some.
    /// </summary>
    private protected void TellLater(T what)
    {
        lock (_gate)
            if (_handlers is not null) (_backlog ??= new(this, next => Tell(next.VM, next))).Add(what);
    }
}
