using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>Tells when guests' kernels crash.</summary>
public sealed class VmCrashSource : VmEventSource<VmGuestCrashEventArgs>
{
    internal VmCrashSource(IReadOnlyList<VirtualMachine> machines) : base(machines)
    {
    }

    /// <summary>A guest's kernel wrote that it crashed.</summary>
    public event EventHandler<VmGuestCrashEventArgs>? GuestCrash
    {
        add => Add(value);
        remove => Remove(value);
    }

    internal override string EventName => nameof(GuestCrash);

    private protected override void Begin(VirtualMachine vm) => vm.GuestCrashed += OnCrash;

    private protected override void End(VirtualMachine vm) => vm.GuestCrashed -= OnCrash;

    void OnCrash(object? sender, string words) => TellLater(new((VirtualMachine)sender!, words));
}
