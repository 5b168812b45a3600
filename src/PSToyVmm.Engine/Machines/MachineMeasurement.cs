using PSToyVmm.Engine.Native;
using PSToyVmm.Engine.Vcpus;

namespace PSToyVmm.Engine.Machines;

/// <summary>What a machine has used since it was started, or last restarted; of its last run where it is off.</summary>
public sealed class MachineMeasurement
{
    MachineMeasurement(string name, TimeSpan duration, IReadOnlyList<ThreadReading> threads, IReadOnlyList<DeviceReading> devices)
    {
        (VmName, MeteringDuration, Threads) = (name, duration, threads);
        long Sum(string counter) => devices.Sum(device => device.Counters.TryGetValue(counter, out long value) && IsOf(device, counter) ? value : 0);
        (DiskReads, DiskWrites, DiskBytesRead, DiskBytesWritten) = (Sum("Reads"), Sum("Writes"), Sum("BytesRead"), Sum("BytesWritten"));
        (NetworkPacketsReceived, NetworkPacketsSent, NetworkBytesReceived, NetworkBytesSent) = (Sum("RxPackets"), Sum("TxPackets"), Sum("RxBytes"), Sum("TxBytes"));
    }

    /// <summary>The machine.</summary>
    public string VmName { get; }

    /// <summary>How long its vCPUs have been running, without pauses.</summary>
    public TimeSpan MeteringDuration { get; }

    /// <summary>Per cent of the time of all its vCPUs in which they used a processor of the host, on average.</summary>
    public double ProcessorUsage => MeteringDuration > TimeSpan.Zero && ProcessorCount > 0 ? 100 * (ProcessorTime / MeteringDuration) / ProcessorCount : 0;

    /// <summary>vCPUs that were measured.</summary>
    public int ProcessorCount => Threads.Count(thread => thread.Role == ThreadRole.Processor);

    /// <summary>Processor time of its vCPUs, in the guest and out of it.</summary>
    public TimeSpan ProcessorTime => TimeOf(ThreadRole.Processor);

    /// <summary>Processor time of its devices' threads.</summary>
    public TimeSpan DeviceTime => TimeOf(ThreadRole.Device);

    /// <summary>Each of these threads.</summary>
    public IReadOnlyList<ThreadReading> Threads { get; }

    /// <summary>Guest RAM.</summary>
    public ulong MemoryAssigned { get; private init; }

    /// <summary>Bytes of guest RAM that lie in the host's memory; 0 where it is off.</summary>
    public ulong MemoryResident { get; private init; }

    /// <summary>
    /// Bytes that this process holds for it beyond guest RAM: touched stacks of its threads, scrollback, pages shared with
    /// KVM, exit counters. Without what the runtime, the code and the kernel have for all machines together.
    /// </summary>
    public ulong MemoryOverhead { get; private init; }

#pragma warning disable CS1591 // sums over all its disks and network adapters of what GetDevices says of each
    public long DiskReads { get; }
    public long DiskWrites { get; }
    public long DiskBytesRead { get; }
    public long DiskBytesWritten { get; }
    public long NetworkPacketsReceived { get; }
    public long NetworkPacketsSent { get; }
    public long NetworkBytesReceived { get; }
    public long NetworkBytesSent { get; }
#pragma warning restore CS1591

    /// <summary>A machine without a run, or with its last one.</summary>
    internal static MachineMeasurement OfNone(MachineConfiguration configuration) => new(configuration.Name, TimeSpan.Zero, [], []) { MemoryAssigned = configuration.MemoryBytes };

    /// <summary>Reads clocks and counters. The guest goes on meanwhile.</summary>
    /// <param name="name">The machine's.</param>
    /// <param name="run">Its run, which nobody gives back meanwhile.</param>
    /// <param name="duration">How long it has been running.</param>
    /// <param name="scrollback">Bytes of its consoles.</param>
    /// <param name="isOver">Whether it has ended, so that its memory is about to go.</param>
    internal static MachineMeasurement Of(string name, MachineRun run, TimeSpan duration, long scrollback, bool isOver)
    {
        List<(string Name, ThreadRole Role, ThreadMeter Meter)> meters =
        [
            .. run.Vcpus.Select(vcpu => ($"vcpu{vcpu.Index}", ThreadRole.Processor, vcpu.Loop.Meter)),
            .. (run.Virtio?.Meters ?? []).Select(device => (device.Device, ThreadRole.Device, device.Meter)),
        ];
        ThreadReading[] threads = [.. meters.Select(meter => new ThreadReading(name, meter.Name, meter.Role, meter.Meter.ThreadId, meter.Meter.ProcessorTime))];
        ulong own = isOver ? 0 : meters.Aggregate(0ul, (sum, meter) => sum + meter.Meter.StackBytes)
            + run.Vcpus.Aggregate(0ul, (sum, vcpu) => sum + vcpu.Handle.MappingSize + ExitCounters.MemorySize);
        return new(name, duration, threads, RunReport.Devices(name, run))
        {
            MemoryAssigned = run.Memory!.Size,
            MemoryResident = isOver ? 0 : run.Memory.CountResidentBytes(),
            MemoryOverhead = own + (ulong)scrollback,
        };
    }

    TimeSpan TimeOf(ThreadRole role) => new(Threads.Where(thread => thread.Role == role).Sum(thread => thread.ProcessorTime.Ticks));

    // The console counts bytes, too, under the names that disks have.
    static bool IsOf(DeviceReading device, string counter) => counter[1] == 'x' || device.Counters.ContainsKey("Flushes");
}
