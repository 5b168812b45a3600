using PSToyVmm.Engine.Devices;
using PSToyVmm.Engine.Kvm;
using PSToyVmm.Engine.Vcpus;
using PSToyVmm.Engine.Virtio;

namespace PSToyVmm.Engine.Machines;

/// <summary>Turns a run's counters and moments into what users see. Reads only; the guest goes on.</summary>
static class RunReport
{
    /// <summary>Exits to this VMM, most frequent first, then KVM's own counters.</summary>
    public static IReadOnlyList<ExitStatistic> Statistics(string name, MachineRun run)
    {
        List<ExitStatistic> rows = [];
        foreach (MachineRun.Vcpu vcpu in run.Vcpus)
            foreach (ExitCounters.Reading r in vcpu.Loop.Counters.Read().OrderByDescending(r => r.Count))
            {
                ulong? place = r.Place == ExitCounters.NoPlace ? null : r.Place;
                rows.Add(new(name, vcpu.Index, "Vmm", r.Kind.ToString(), place, DeviceAt(run, r.Kind, place), r.Count, r.Bytes, r.Total, r.Maximum));
            }
        foreach (MachineRun.Vcpu vcpu in run.Vcpus) AddKvmRows(rows, name, vcpu.Index, vcpu.Statistics);
        AddKvmRows(rows, name, -1, run.VmStatistics);
        return rows;
    }

    /// <summary>The engine's phases and the guest's moments so far, oldest first.</summary>
    public static IReadOnlyList<BootPhase> Timeline(MachineRun run)
    {
        BootTimelineRecorder recorder = run.Timeline;
        List<BootPhase> phases = [.. recorder.Read()];
        void Mark(string moment, long timestamp)
        {
            if (timestamp != 0) phases.Add(recorder.At(moment, timestamp));
        }
        foreach (MachineRun.Vcpu vcpu in run.Vcpus.Take(1))
        {
            Mark("first-entry", vcpu.Loop.FirstEntry);
            Mark("first-exit", vcpu.Loop.FirstExit);
        }
        if (run.Com1 is { } console)
        {
            Mark("first-serial-byte", console.FirstByte);
            Mark("linux-version", console.LinuxVersion);
            Mark("login-prompt", console.LoginPrompt);
        }
        if (run.Devices is { } devices)
            for (int value = 0; value <= byte.MaxValue; value++)
                Mark($"marker-0x{value:x2}", devices.Markers.FirstTimestamp((byte)value) ?? 0);
        return [.. phases.OrderBy(phase => phase.At)];
    }

    /// <summary>What each virtio device has done, in the order of their places.</summary>
    public static IReadOnlyList<DeviceReading> Devices(string name, MachineRun run) =>
        run.Virtio is not { } devices ? [] : [.. devices.Controls.Select(control => new DeviceReading(name, control.Device.Label, control.Device.Backend, StateOf(control.Status),
            control.Requests, control.Interrupts, control.Faults,
            new OrderedDictionary<string, long>(control.Device.ReadCounters().Select(counter => KeyValuePair.Create(counter.Name, counter.Value)))))];

    static DeviceState StateOf(VirtioStatus status) =>
        (status & VirtioStatus.NeedsReset) != 0 ? DeviceState.NeedsReset
        : (status & VirtioStatus.Failed) != 0 ? DeviceState.Failed
        : (status & VirtioStatus.DriverOk) != 0 ? DeviceState.Running
        : status == VirtioStatus.None ? DeviceState.Idle : DeviceState.Starting;

    static string DeviceAt(MachineRun run, ExitKind kind, ulong? place) => (kind, place, run.Devices) switch
    {
        (ExitKind.IoIn or ExitKind.IoOut, { } port, { } devices) => devices.Ports.LabelAt(port),
        (ExitKind.MmioRead or ExitKind.MmioWrite, { } page, { } devices) => devices.Mmio.LabelAt(page),
        _ => "",
    };

    static void AddKvmRows(List<ExitStatistic> rows, string name, int vcpu, KvmStatistics? statistics)
    {
        if (statistics is null) return;
        foreach ((string counter, long value) in statistics.Read().OrderByDescending(row => row.Value))
            rows.Add(new(name, vcpu, "Kvm", counter, null, "", value, 0, TimeSpan.Zero, TimeSpan.Zero));
    }
}
