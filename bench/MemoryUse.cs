using PSToyVmm.Engine.Machines;

namespace PSToyVmm.Bench;

/// <summary>What a running machine costs beyond its guest's own pages, and what two hundred of them leave behind.</summary>
static class MemoryUse
{
    const int Machines = 20, Cycles = 200;

    // An odd size, by which the guests' mappings are known in smaps.
    const ulong GuestSize = (64 << 20) + (12 << 10);

    public static void Run()
    {
        Cycle(20); // the runtime has grown by then
        Measure("idle", Guest.Halt, fill: false);
        Measure("scrollback full", Guest.Halt, fill: true);

        (int files, int threads, int maps, _) = Settle();
        Cycle(Cycles);
        (int files2, int threads2, int maps2, _) = Settle();
        Console.WriteLine($"\nAfter {Cycles} times New, Start, TurnOff, Dispose: descriptors {files2 - files:+0;-0;0}, threads {threads2 - threads:+0;-0;0}, mappings {maps2 - maps:+0;-0;0}");
    }

    static void Measure(string name, byte[] code, bool fill)
    {
        List<Guest> guests = [.. Enumerable.Range(0, Machines).Select(_ => new Guest(code, GuestSize))];
        long before = Settle().Resident;
        foreach (Guest guest in guests)
        {
            guest.Vm.Start();
            if (fill) guest.Vm.SerialLog.Append(new byte[5 << 20]);
        }
        long each = (Settle().Resident - before) / Machines;
        Console.WriteLine($"Resident per machine beyond guest RAM, {Machines} machines, {name}: {each / 1024.0:f2} MiB (goal 5)");
        foreach (Guest guest in guests) guest.Dispose();
    }

    static void Cycle(int times)
    {
        for (int i = 0; i < times; i++)
        {
            using Guest guest = new(Guest.Halt, GuestSize);
            guest.Vm.Start();
            guest.Vm.TurnOff();
        }
    }

    // Garbage gone, idle threads of the pool gone or stable.
    static (int Files, int Threads, int Maps, long Resident) Settle()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        return (Directory.EnumerateFileSystemEntries("/proc/self/fd").Count(), Directory.EnumerateDirectories("/proc/self/task").Count(),
            File.ReadLines("/proc/self/maps").Count(), ResidentBeyondGuests());
    }

    // KiB. Each mapping of smaps has a Size line, then an Rss line.
    static long ResidentBeyondGuests()
    {
        long resident = 0, size = 0;
        foreach (string line in File.ReadLines("/proc/self/smaps"))
        {
            if (Value(line, "Size:") is { } ofMapping) size = ofMapping;
            else if (Value(line, "Rss:") is { } rss && size != (long)(GuestSize >> 10)) resident += rss;
        }
        return resident;
    }

    static long? Value(string line, string name) =>
        line.StartsWith(name, StringComparison.Ordinal) ? long.Parse(line.AsSpan(name.Length, line.Length - name.Length - " kB".Length)) : null;
}
