using PSToyVmm.Engine.Kvm.Structs;
using PSToyVmm.Engine.Memory;

namespace PSToyVmm.Engine.Machines;

/// <content>What can be seen inside it, and done to it, while it runs or is paused.</content>
public sealed partial class VirtualMachine
{
    const uint KernelGsBaseMsr = 0xc000_0102;

    /// <summary>Reads registers, of these processors or of all. One that runs is held for as long as it takes.</summary>
    /// <exception cref="VmException">VmNotRunning or ProcessorNotFound.</exception>
    public IReadOnlyList<ProcessorRegisters> ReadRegisters(params IReadOnlyList<int> processors) => ReadRegisters(processors, CancellationToken.None);

    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was cancelled, while somebody else held them for long.</exception>
    /// <inheritdoc cref="ReadRegisters(IReadOnlyList{int})"/>
    public IReadOnlyList<ProcessorRegisters> ReadRegisters(IReadOnlyList<int> processors, CancellationToken stop)
    {
        CheckProcessors(processors);
        return WhileHeld(run => ReadRegisters(run, processors), stop);
    }

    /// <summary>
    /// Injects a non-maskable interrupt into these processors, or into all. One that is halted wakes up; one that is paused
    /// takes it when it goes on.
    /// </summary>
    /// <exception cref="VmException">VmNotRunning or ProcessorNotFound.</exception>
    public void InjectNonMaskableInterrupt(params IReadOnlyList<int> processors) => InjectNonMaskableInterrupt(processors, CancellationToken.None);

    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was cancelled, while somebody else held them for long.</exception>
    /// <inheritdoc cref="InjectNonMaskableInterrupt(IReadOnlyList{int})"/>
    public void InjectNonMaskableInterrupt(IReadOnlyList<int> processors, CancellationToken stop)
    {
        CheckProcessors(processors);
        WhileHeld(run =>
        {
            foreach (MachineRun.Vcpu vcpu in Chosen(run, processors)) vcpu.Handle.InjectNmi();
            return true;
        }, stop);
        Log.Note($"A non-maskable interrupt was injected into {(processors.Count == 0 ? "every processor" : $"processor {string.Join(", ", processors)}")}.");
    }

    /// <summary>Copies guest RAM by its physical address. Does not stop the guest, which may write there meanwhile.</summary>
    /// <exception cref="VmException">VmNotRunning, or MemoryAddressInvalid: not all of that is RAM.</exception>
    public byte[] ReadMemory(ulong address, int length) => LookInto(run => ReadRam(run.Memory!, address, length));

    /// <summary>Copies guest RAM by its linear address, through the page tables that a processor uses at this moment.</summary>
    /// <exception cref="VmException">VmNotRunning, ProcessorNotFound, or MemoryAddressInvalid: not mapped, or not to RAM.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was cancelled, while somebody else held the processors for long.</exception>
    public byte[] ReadVirtualMemory(ulong address, int length, int processor = 0, CancellationToken stop = default)
    {
        CheckProcessors([processor]);
        if (length < 0 || (length > 0 && address > ulong.MaxValue - (ulong)(length - 1))) throw NotMapped(address, processor);
        return WhileHeld(run =>
        {
            byte[] bytes = new byte[Math.Min((ulong)length, run.Memory!.Size)];
            if (bytes.Length < length) throw NotMapped(address, processor);
            for (int done = 0; done < length;)
            {
                ulong at = address + (ulong)done;
                int step = (int)Math.Min((ulong)(length - done), GuestMemory.PageSize - (at % GuestMemory.PageSize));
                ReadLinear(run, processor, at, step).CopyTo(bytes, done);
                done += step;
            }
            return bytes;
        }, stop);
    }

    /// <summary>Writes all RAM, and for an ELF core file the registers, to a file. The guest is held meanwhile, and told so.</summary>
    /// <exception cref="VmException">VmNotRunning, FileUnwritable; a file that was there is as it was then, and after a cancellation.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was cancelled.</exception>
    public void DumpMemory(string path, MemoryDumpFormat format, bool overwrite, CancellationToken stop)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        WhileHeld(run =>
        {
            foreach (MachineRun.Vcpu vcpu in run.Vcpus) vcpu.Handle.TellPaused();
            GuestMemory memory = run.Memory!;
            byte[] head = format == MemoryDumpFormat.Elf ? CoreFile.Head(ReadRegisters(run, []), memory.Regions) : [];
            MemoryDump.Write(memory, head, PlaceOf, path, overwrite, () =>
            {
                stop.ThrowIfCancellationRequested();
                if (run.End is not null) throw EndedMeanwhile();
            });
            return true;

            // A raw dump has the hole below 4 GiB, too; a core file says where its regions lie.
            long PlaceOf(int region) => format == MemoryDumpFormat.Raw ? (long)memory.Regions[region].Start.Value
                : head.Length + memory.Regions.Take(region).Sum(before => (long)before.Size);
        }, stop);
    }

    List<ProcessorRegisters> ReadRegisters(MachineRun run, IReadOnlyList<int> processors) =>
        [.. Chosen(run, processors).Select(vcpu => new ProcessorRegisters(Name, vcpu.Index, vcpu.Handle.Registers, vcpu.Handle.SpecialRegisters, vcpu.Handle.TryGetMsr(KernelGsBaseMsr) ?? 0))];

    byte[] ReadLinear(MachineRun run, int processor, ulong at, int length)
    {
        KvmTranslation translation = run.Vcpus[processor].Handle.Translate(at);
        return translation.Valid != 0 ? ReadRam(run.Memory!, translation.PhysicalAddress, length) : throw NotMapped(at, processor);
    }

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
            : throw new VmException(VmErrorId.VmNotRunning, VmErrorKind.InvalidState, $"'{Name}' is {State}; it has to run or to be paused.");
    }

    static IEnumerable<MachineRun.Vcpu> Chosen(MachineRun run, IReadOnlyList<int> processors) =>
        processors.Count == 0 ? run.Vcpus : processors.Select(index => run.Vcpus[index]);

    void CheckProcessors(IReadOnlyList<int> processors)
    {
        foreach (int processor in processors)
            if (processor < 0 || processor >= ProcessorCount)
                throw new VmException(VmErrorId.ProcessorNotFound, VmErrorKind.NotFound,
                    $"'{Name}' has no processor {processor}; {(ProcessorCount == 1 ? "its only one is 0" : $"its processors are 0 to {ProcessorCount - 1}")}.");
    }

    VmException NotMapped(ulong address, int processor) => new(VmErrorId.MemoryAddressInvalid, VmErrorKind.InvalidArgument,
        $"The page tables of processor {processor} of '{Name}' map nothing at 0x{address:x}; give an address that they map, or a physical one.");

    VmException EndedMeanwhile() => new(VmErrorId.VmNotRunning, VmErrorKind.InvalidState, $"'{Name}' ended by itself meanwhile.");
}
