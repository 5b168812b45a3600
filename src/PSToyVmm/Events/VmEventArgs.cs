using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>What all events of machines tell.</summary>
public abstract class VmEventArgs : EventArgs
{
    private protected VmEventArgs(VirtualMachine vm) => VM = vm;

    /// <summary>The machine.</summary>
    public VirtualMachine VM { get; }

    /// <summary>Its name.</summary>
    public string VmName => VM.Name;

    /// <summary>Events just before this one that were dropped, for the subscriber was too far behind.</summary>
    public long LostEvents { get; internal set; }
}
