using System.Management.Automation;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>A cmdlet about one numbered part of each machine, a disk for example: by its number, or as an object that a Get cmdlet emitted.</summary>
/// <typeparam name="TPart">What is emitted for such a part.</typeparam>
public abstract class VmPartTargetCmdlet<TPart> : VmMachinesCmdlet
    where TPart : class
{
    /// <summary>The part's number in its machine, from 0.</summary>
    [Parameter(ParameterSetName = NameSet, Mandatory = true, Position = 0)]
    [Parameter(ParameterSetName = ObjectSet, Mandatory = true, Position = 0)]
    public int Number { get; set; }

    /// <summary>The parts that were given as objects.</summary>
    protected abstract IReadOnlyList<TPart> Parts { get; }

    /// <summary>The machine of such a part, and its number there by now: parts move up when one before them is removed.</summary>
    /// <exception cref="Engine.VmException">It is not there any more.</exception>
    protected abstract (VirtualMachine Machine, int Number) Locate(TPart part);

    /// <summary>One part's turn. A VmException thrown here becomes an error about that part.</summary>
    protected abstract void ProcessPart(VirtualMachine vm, int number);

    /// <inheritdoc/>
    protected sealed override void ProcessRecord()
    {
        if (ParameterSetName is NameSet or ObjectSet)
            foreach (var vm in Machines)
                ForOne(vm, () => ProcessPart(vm, Number));
        else
            foreach (var part in Parts)
            {
                ForOne(part, () =>
                {
                    var (vm, number) = Locate(part);
                    ProcessPart(vm, number);
                });
            }
    }

    /// <summary>Where a configuration is among those there are: at its old number, or else the first that is the same; -1 where none is.</summary>
    private protected static int IndexOf<TConfiguration>(IReadOnlyList<TConfiguration> all, int number, TConfiguration wanted)
    {
        if (number < all.Count && Equals(all[number], wanted)) return number;
        for (int i = 0; i < all.Count; i++)
            if (Equals(all[i], wanted))
                return i;
        return -1;
    }
}
