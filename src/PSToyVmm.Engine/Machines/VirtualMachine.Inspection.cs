using PSToyVmm.Engine.Memory;

namespace PSToyVmm.Engine.Machines;

/// <content>What can be seen inside it while it runs, or is paused.</content>
public sealed partial class VirtualMachine
{
    /// <summary>Copies guest RAM by its physical address. Does not stop the guest, which may write there meanwhile.</summary>
    /// <exception cref="VmException">VmNotRunning, or MemoryAddressInvalid: not all of that is RAM.</exception>
    public byte[] ReadMemory(ulong address, int length) => LookInto(run => ReadRam(run.Memory!, address, length));

    byte[] ReadRam(GuestMemory memory, ulong address, int length)
    {
        if (length >= 0 && memory.Contains(new(address), (ulong)length)) return memory.Slice(new(address), length).ToArray();
        string ram = string.Join(" and ", memory.Regions.Select(region => $"0x{region.Start.Value:x} to 0x{region.End.Value - 1:x}"));
        throw new VmException(VmErrorId.MemoryAddressInvalid, VmErrorKind.InvalidArgument,
            $"{length} bytes at physical address 0x{address:x} are not all RAM of '{Name}', which has it at {ram}.");
    }

    T LookInto<T>(Func<MachineRun, T> look)
    {
        MachineRun? run;
        lock (_gate) run = _run;
        return run is not null && run.TryUse(look, out T? seen) ? seen
            : throw new VmException(VmErrorId.VmNotRunning, VmErrorKind.InvalidState, $"'{Name}' is {State}; there is something to see only in a machine that runs or is paused.");
    }
}
