using PSToyVmm.Engine.Machines;

namespace PSToyVmm.Bench;

/// <summary>
/// From Start to the guest's first exit in a warm process, with a kernel of 14 MB in page cache, phase by phase; beside a
/// VMM in C that does no more than read the file into new memory and make KVM's machine.
/// </summary>
static class StartTime
{
    const int KernelSize = 14_000_000, MemoryMiB = 256;

    public static void Run(int pairs)
    {
        byte[] firstInstruction = [0xe6, 0x80]; // out 0x80, al
        TimedVcpuHost host = new();
        using Peer peer = new();
        using Guest guest = new([.. firstInstruction, .. Guest.Reset], memory: (ulong)MemoryMiB << 20, size: KernelSize, host);
        Dictionary<string, Samples> phases = [];
        Samples ratio = new();
        void Add(string name, TimeSpan time)
        {
            if (!phases.TryGetValue(name, out Samples? samples)) phases[name] = samples = new();
            samples.Add(time.TotalMilliseconds);
        }
        for (int i = -3; i < pairs; i++)
        {
            IReadOnlyList<BootPhase> timeline = guest.RunToEnd().BootTimeline;
            TimeSpan[] bare = peer.Ask($"start {guest.Flat} {MemoryMiB}");
            if (i < 0) continue;
            TimeSpan At(string moment) => timeline.Single(phase => phase.Name == moment).At;
            foreach (BootPhase phase in timeline.Where(phase => phase.Duration > TimeSpan.Zero)) Add(phase.Name, phase.Duration);
            Add("thread", host.ThreadStart);
            Add("first run", At("first-exit") - At("first-entry"));
            Add("all", At("first-exit"));
            Add("C: all", bare[0]);
            Add("C: KVM", bare[1]);
            Add("C: read", bare[2]);
            ratio.Add(At("first-exit") / bare[0]);
        }
        Console.WriteLine($"Start to first exit, kernel of {KernelSize} bytes, {MemoryMiB} MiB, {pairs} pairs: median ms (least)");
        foreach (string name in (string[])["memory", "tables", "kernel", "vm", "devices", "vcpus", "thread", "first run", "all", "C: KVM", "C: read", "C: all"])
            Console.WriteLine($"  {name,-12}{phases[name].Median,8:f2}  ({phases[name].Least:f2})");
        Console.WriteLine($"  {"ratio of all",-12}{ratio.Median,8:f2}");
    }
}
