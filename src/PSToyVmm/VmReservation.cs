using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>A name that nobody else can take, with or without its machine yet. Disposing it without one gives the name back.</summary>
sealed class VmReservation(string name, long order) : IDisposable
{
    VirtualMachine? _machine;

    public string Name { get; } = name;

    /// <summary>Machines are listed in the order of their reservations.</summary>
    public long Order { get; } = order;

    /// <summary>Null while it is being made. Set by one thread, read by any.</summary>
    public VirtualMachine? Machine
    {
        get => Volatile.Read(ref _machine);
        set => Volatile.Write(ref _machine, value);
    }

    public void Dispose()
    {
        if (Machine is null)
            VmRegistry.Release(this);
    }
}
