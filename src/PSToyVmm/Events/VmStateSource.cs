using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>Tells when machines come to states.</summary>
public sealed class VmStateSource : VmEventSource<VmStateChangedEventArgs>
{
    readonly IReadOnlyCollection<MachineState> _states;

    internal VmStateSource(IReadOnlyList<VirtualMachine> machines, IReadOnlyCollection<MachineState> states) : base(machines) => _states = states;

    /// <summary>A machine came to one of the states.</summary>
    public event EventHandler<VmStateChangedEventArgs>? StateChanged
    {
        add => Add(value);
        remove => Remove(value);
    }

    internal override string EventName => nameof(StateChanged);

    private protected override void Begin(VirtualMachine vm) => vm.StateChanged += OnChange;

    private protected override void End(VirtualMachine vm) => vm.StateChanged -= OnChange;

    void OnChange(object? sender, MachineStateChange change)
    {
        if (change.State == change.Previous || (_states.Count > 0 && !_states.Contains(change.State))) return;
        TellLater(new((VirtualMachine)sender!, change));
    }
}
