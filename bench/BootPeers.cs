using System.Diagnostics;
using System.Text;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm.Bench;

/// <summary>
/// The same kernel, initrd and command line in this engine, QEMU and kvmtool, in turn: time until the console shows a
/// text (or until the VMM has ended), then in rounds of their own what the kernel counts of it. For Linux guests, as root.
/// </summary>
sealed class BootPeers(string kernel, string initrd, string commandLine, string until)
{
    static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1), s_pause = TimeSpan.FromMilliseconds(10);

    readonly string _console = Path.GetTempFileName();

    sealed record Contestant(string Name, Func<Action, bool> Boot);

    public void Run(int rounds)
    {
        Contestant ours = new("ours, warm process", BootOurs);
        List<Contestant> found = [ours, OwnProcess(), Qemu("pc"), Qemu("q35"), Qemu("microvm"), Qemu("microvm,rtc=on")];
        if (Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(folder => File.Exists(Path.Combine(folder, "lkvm")))) found.Add(Kvmtool());
        Dictionary<string, Samples> times = found.ToDictionary(contestant => contestant.Name, _ => new Samples());
        // Counted first: that fills the page cache with every program, so that the time is not the disk's.
        Boot(ours, () => { });
        Dictionary<string, (long Exits, long ToVmm)> counts = found.ToDictionary(contestant => contestant.Name, Count);
        for (int i = 0; i < rounds; i++)
            foreach (Contestant contestant in found)
            {
                long began = Stopwatch.GetTimestamp();
                Boot(contestant, () => times[contestant.Name].Add(Stopwatch.GetElapsedTime(began).TotalSeconds));
            }

        Console.WriteLine($"{(until.Length == 0 ? "to the end" : $"to '{until}'"),-24}{"s",8}{"least",8}{"exits",10}{"to the VMM",12}");
        foreach (Contestant contestant in found)
        {
            (long exits, long toVmm) = counts[contestant.Name];
            Samples time = times[contestant.Name];
            Console.WriteLine($"{contestant.Name,-24}{time.Median,8:f2}{time.Least,8:f2}{exits,10}{toVmm,12}");
        }
        File.Delete(_console);
    }

    // Whoever does not get there is a result too, but not a figure.
    static void Boot(Contestant contestant, Action reached)
    {
        long began = Stopwatch.GetTimestamp();
        bool done = contestant.Boot(reached);
        Console.Error.WriteLine($"{contestant.Name}: {(done ? "" : "given up after ")}{Stopwatch.GetElapsedTime(began).TotalSeconds:f1} s");
    }

    bool BootOurs(Action reached)
    {
        using VirtualMachine vm = new(new() { Name = "boot", KernelPath = kernel, InitrdPath = initrd, CommandLine = commandLine, RebootAction = RebootAction.Stop });
        vm.Start();
        return WaitUntil(() => vm.State is not (MachineState.Running or MachineState.Stopping), () => Text(vm), reached);
    }

    Contestant OwnProcess() => Program("ours, new process", "dotnet",
        Path.Combine(AppContext.BaseDirectory, "PSToyVmm.Bench.dll"), "console", kernel, initrd, commandLine, _console);

    Contestant Qemu(string machine) => Program($"QEMU {machine}", "qemu-system-x86_64",
        "-M", machine, "-accel", "kvm", "-cpu", "host", "-m", "256", "-smp", "1", "-nodefaults", "-no-user-config", "-nographic",
        "-no-reboot", "-serial", $"file:{_console}", "-kernel", kernel, "-initrd", initrd, "-append", commandLine);

    Contestant Kvmtool() => Program("kvmtool", "sh", "-c",
        """exec lkvm run --name bench -c 1 -m 256 --console serial -k "$0" -i "$1" -p "$2" >"$3" 2>/dev/null </dev/null""",
        kernel, initrd, commandLine, _console);

    Contestant Program(string name, string program, params string[] arguments) => new(name, reached =>
    {
        File.WriteAllBytes(_console, []);
        using Process process = Process.Start(new ProcessStartInfo(program, arguments))!;
        bool done = WaitUntil(() => process.HasExited, () => File.ReadAllText(_console), reached);
        process.Kill();
        process.WaitForExit();
        return done;
    });

    // The same polling for all: a reader woken by every byte would slow down the one that can wake it.
    bool WaitUntil(Func<bool> ended, Func<string> console, Action reached)
    {
        long began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began) < s_patience)
        {
            bool over = ended();
            if (until.Length == 0 ? over : console().Contains(until, StringComparison.Ordinal))
            {
                reached();
                return true;
            }
            if (over) return false;
            Thread.Sleep(s_pause);
        }
        return false;
    }

    static (long Exits, long ToVmm) Count(Contestant contestant)
    {
        using TraceCounter exits = new("kvm_exit"), toVmm = new("kvm_userspace_exit");
        (long, long) counted = default;
        Boot(contestant, () => counted = (exits.Read(), toVmm.Read()));
        return counted;
    }

    static string Text(VirtualMachine vm)
    {
        byte[] bytes = new byte[vm.SerialLog.End];
        long position = 0;
        return Encoding.Latin1.GetString(bytes, 0, vm.SerialLog.Read(ref position, bytes));
    }
}
