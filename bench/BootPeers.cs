using System.Diagnostics;
using System.Text;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm.Bench;

/// <summary>
/// The same kernel and initrd in this engine, QEMU and kvmtool, in turn: time from Start, or from the start of the
/// process, until the console shows a text, and until the VMM has ended if the guest does that; then, in rounds of their
/// own, what the kernel counts of it up to the text or to the marker that init sets. For Linux guests, as root.
/// </summary>
sealed class BootPeers(string kernel, string initrd, string commandLine, string until, bool guestEnds)
{
    /// <summary>What init writes first to its console, and the kernel never does.</summary>
    const byte Marker = 1;

    static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    sealed record Contestant(string Name, Func<BootRun> Start);

    sealed record Counts(Dictionary<ulong, long> Exits, Dictionary<ulong, long> ToVmm);

    public void Run(int rounds, string only)
    {
        Contestant ours = new("ours, warm process", () => new EngineRun(kernel, initrd, commandLine));
        string ownLine = $"{commandLine} {MachineConfiguration.DefaultCommandLine}";
        List<Contestant> found =
        [
            new("ours, its own defaults", () => new EngineRun(kernel, initrd, ownLine)),
            ours, OwnProcess(), Qemu("pc"), Qemu("q35"), Qemu("microvm"), Qemu("microvm,rtc=on"),
        ];
        if (Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(folder => File.Exists(Path.Combine(folder, "lkvm")))) found.Add(Kvmtool());
        if (only.Length > 0) found.RemoveAll(contestant => !only.Split(';').Any(name => contestant.Name.EndsWith(name, StringComparison.Ordinal)));
        Dictionary<string, Samples> reached = found.ToDictionary(contestant => contestant.Name, _ => new Samples());
        Dictionary<string, Samples> ended = found.ToDictionary(contestant => contestant.Name, _ => new Samples());
        // Counted first: that fills the page cache with every program, so that the time is not the disk's.
        Boot(ours);
        Dictionary<string, Counts> counts = found.ToDictionary(contestant => contestant.Name, Count);
        for (int i = 0; i < rounds; i++)
            foreach (Contestant contestant in found)
            {
                (TimeSpan? text, TimeSpan? end) = Boot(contestant);
                // Whoever does not get there is a result too, but not a figure.
                if (text is { } t) reached[contestant.Name].Add(t.TotalSeconds);
                if (end is { } e) ended[contestant.Name].Add(e.TotalSeconds);
            }

        Console.WriteLine($"{$"to '{until}'",-24}{"s",8}{"least",8}{"exits",10}{"to the VMM",12}{(guestEnds ? "to its end, s   least" : ""),24}");
        foreach (Contestant contestant in found)
        {
            Counts count = counts[contestant.Name];
            Samples time = reached[contestant.Name], end = ended[contestant.Name];
            Console.WriteLine($"{contestant.Name,-24}{time.Median,8:f2}{time.Least,8:f2}{count.Exits.Values.Sum(),10}{count.ToVmm.Values.Sum(),12}"
                + (guestEnds ? $"{end.Median,16:f2}{end.Least,8:f2}" : ""));
        }
        foreach ((int i, Contestant contestant) in found.Index()) Console.WriteLine($"  {(char)('A' + i)} = {contestant.Name}");
        PrintReasons([.. found.Select(contestant => counts[contestant.Name].ToVmm)], ExitNames.ToVmm);
        PrintReasons([.. found.Select(contestant => counts[contestant.Name].Exits)], ExitNames.Processor);
    }

    static void PrintReasons(Dictionary<ulong, long>[] columns, Func<ulong, string> name)
    {
        Console.WriteLine($"{"exits by reason",-24}{string.Concat(columns.Select((_, i) => $"{(char)('A' + i),9}"))}");
        foreach (ulong reason in columns.SelectMany(column => column.Keys).Distinct().OrderByDescending(reason => columns.Max(column => column.GetValueOrDefault(reason))))
            Console.WriteLine($"{name(reason),-24}{string.Concat(columns.Select(column => $"{column.GetValueOrDefault(reason),9}"))}");
    }

    (TimeSpan? Text, TimeSpan? End) Boot(Contestant contestant) => Boot(contestant, () => { });

    (TimeSpan? Text, TimeSpan? End) Boot(Contestant contestant, Action reached)
    {
        long began = Stopwatch.GetTimestamp();
        using BootRun run = contestant.Start();
        using Timer patience = new(_ => run.Kill(), null, s_patience, Timeout.InfiniteTimeSpan);
        TimeSpan? text = null, end = null;
        if (Reaches(run))
        {
            text = Stopwatch.GetElapsedTime(began);
            reached();
            if (guestEnds)
            {
                run.WaitForEnd();
                end = Stopwatch.GetElapsedTime(began);
            }
        }
        if (end > s_patience) end = null;
        Console.Error.WriteLine($"{contestant.Name}: {(text is null ? $"not reached in {Stopwatch.GetElapsedTime(began).TotalSeconds:f1} s" : $"{text.Value.TotalSeconds:f2} s, end {end?.TotalSeconds:f2} s")}");
        return (text, end);
    }

    // A blocked reader, woken by what is written: the same for a pipe and for our log. A quiet guest writes next to nothing before.
    bool Reaches(BootRun run)
    {
        StringBuilder seen = new();
        byte[] buffer = new byte[4096];
        for (int read; (read = run.Read(buffer)) > 0;)
            if (seen.Append(Encoding.Latin1.GetString(buffer, 0, read)).ToString().Contains(until, StringComparison.Ordinal)) return true;
        return false;
    }

    Contestant OwnProcess() => Program("ours, new process", "dotnet", Path.Combine(AppContext.BaseDirectory, "PSToyVmm.Bench.dll"), "console", kernel, initrd, commandLine);

    Contestant Qemu(string machine) => Program($"QEMU {machine}", "qemu-system-x86_64",
        "-M", machine, "-accel", "kvm", "-cpu", "host", "-m", "256", "-smp", "1", "-nodefaults", "-no-user-config", "-display", "none",
        "-no-reboot", "-serial", "stdio", "-kernel", kernel, "-initrd", initrd, "-append", commandLine);

    // Says on stdout what it does before the guest says anything: harmless, nobody looks for it there.
    Contestant Kvmtool() => Program("kvmtool", "lkvm", "run", "--name", "bench", "-c", "1", "-m", "256", "--console", "serial",
        "-k", kernel, "-i", initrd, "-p", commandLine);

    static Contestant Program(string name, string program, params string[] arguments) => new(name, () => new ProgramRun(program, arguments));

    Counts Count(Contestant contestant)
    {
        using TraceHistogram exits = new("kvm_exit", "exit_reason", Marker), toVmm = new("kvm_userspace_exit", "reason", Marker);
        Counts counted = new([], []);
        Boot(contestant, () => counted = new(exits.Read(), toVmm.Read()));
        return counted;
    }
}
