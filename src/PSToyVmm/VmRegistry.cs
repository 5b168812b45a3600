using System.Collections.Concurrent;
using PSToyVmm.Engine;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>
/// The machines of this process. All runspaces share them, as they share the process; names are unique without regard to
/// case. A name is reserved before its machine is made, so that two runspaces never make two machines for one name.
/// </summary>
static class VmRegistry
{
    const int LongestName = 64;

    static readonly ConcurrentDictionary<string, VmReservation> s_places = new(StringComparer.OrdinalIgnoreCase);
    static long s_order;

    /// <summary>All machines, oldest first.</summary>
    public static IReadOnlyList<VirtualMachine> All =>
        [.. s_places.Values.OrderBy(place => place.Order).Select(place => place.Machine).OfType<VirtualMachine>().Distinct()];

    public static VirtualMachine? Find(string name) => s_places.GetValueOrDefault(name)?.Machine;

    public static bool Contains(VirtualMachine vm) => Find(vm.Name) == vm;

    /// <summary>Takes <paramref name="name"/>, or the first free one of toyvm1, toyvm2, ... where it is null or empty.</summary>
    /// <exception cref="VmException">NameInUse or NameInvalid.</exception>
    public static VmReservation Reserve(string? name)
    {
        if (!string.IsNullOrEmpty(name))
            return Take(name, NextOrder());
        for (int number = 1; ; number++)
        {
            if (TryReserve($"toyvm{number}", NextOrder()) is { } place)
                return place;
        }
    }

    /// <summary>Gives a machine that is off another name, or its own in other capitals, and changes it. Its place among all machines stays.</summary>
    /// <exception cref="VmException">NameInUse, NameInvalid, or as <see cref="VirtualMachine.Reconfigure"/>.</exception>
    public static void Rename(VirtualMachine vm, string name, Func<MachineConfiguration, MachineConfiguration> change)
    {
        if (s_places.GetValueOrDefault(vm.Name) is not { } old || old.Machine != vm)
            throw new VmException(VmErrorId.VmRemoved, VmErrorKind.InvalidState, $"'{vm.Name}' has been removed.");
        if (string.Equals(name, vm.Name, StringComparison.OrdinalIgnoreCase))
        {
            CheckName(name);
            vm.Reconfigure(change, name);
            return;
        }
        var place = Take(name, old.Order);
        try
        {
            place.Machine = vm;    // before its name changes, so that it is found by either
            vm.Reconfigure(change, name);
        }
        catch
        {
            Release(place);
            throw;
        }
        // Whoever removed it meanwhile, under its old name, did not know the new one.
        if (!Release(old)) Release(place);
    }

    /// <summary>Turns the machine off and forgets it. False when somebody else did so before.</summary>
    public static bool Remove(VirtualMachine vm)
    {
        if (s_places.GetValueOrDefault(vm.Name) is not { } place || place.Machine != vm)
            return false;
        vm.Dispose();
        return Release(place);
    }

    /// <summary>Turns every machine off and forgets it; the registry stays usable.</summary>
    public static void Clear() => Parallel.ForEach(All, vm => Remove(vm));

    internal static bool Release(VmReservation place) => s_places.TryRemove(new(place.Name, place));

    static long NextOrder() => Interlocked.Increment(ref s_order);

    static VmReservation Take(string name, long order)
    {
        CheckName(name);
        return TryReserve(name, order) ?? throw new VmException(VmErrorId.NameInUse, VmErrorKind.AlreadyExists,
            $"There is already a virtual machine named '{name}'; choose another name or remove that one.");
    }

    static VmReservation? TryReserve(string name, long order)
    {
        var place = new VmReservation(name, order);
        return s_places.TryAdd(name, place) ? place : null;
    }

    static void CheckName(string name)
    {
        string? fault =
            name.Length > LongestName ? $"is longer than {LongestName} characters" :
            name != name.Trim() ? "begins or ends with a space" :
            name.AsSpan().ContainsAny("*?[]`") ? "has a wildcard character (* ? [ ] `), so that no cmdlet could name it" :
            name.Any(char.IsControl) ? "has a control character" : null;
        if (fault is not null)
            throw new VmException(VmErrorId.NameInvalid, VmErrorKind.InvalidArgument, $"The name '{name}' {fault}; choose another one.");
    }
}
