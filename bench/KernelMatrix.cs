using System.Diagnostics;
using System.Text;
using PSToyVmm.Engine;
using PSToyVmm.Engine.Boot;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm.Bench;

/// <summary>
/// Boots every kernel given with 1, 2 and 4 vCPUs, with ACPI and without, and prints of each: whether it came to init,
/// how many processors it found, exits to the VMM and seconds till then, and what it complains of. The initrd's init says
/// what it sees between <see cref="Begin"/> and <see cref="End"/> (bench/kernels makes it).
/// </summary>
static class KernelMatrix
{
    const string Begin = "MATRIX-BEGIN\r\n", End = "MATRIX-END";

    static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);

    public static int Run(string initrd, IReadOnlyList<string> kernels)
    {
        int failures = 0;
        Dictionary<string, List<string>> complaints = [];
        Console.WriteLine($"{"kernel",-36}{"ACPI",5}{"vCPUs",7}{"booted",8}{"nproc",7}{"exits",8}{"s",8}{"complaints",12}");
        foreach (string kernel in kernels)
            foreach (bool acpi in (bool[])[true, false])
                foreach (int processors in (int[])[1, 2, 4])
                {
                    string name = $"{Path.GetFileName(kernel)}, {processors} vCPU, ACPI {(acpi ? "on" : "off")}";
                    Outcome outcome = Boot(kernel, initrd, processors, acpi);
                    Console.WriteLine($"{Path.GetFileName(kernel),-36}{(acpi ? "on" : "off"),5}{processors,7}{(outcome.Booted ? "yes" : "NO"),8}"
                        + $"{outcome.Processors,7}{outcome.Exits,8}{outcome.Seconds,8:f1}{outcome.Complaints.Count,12}{(outcome.Booted ? "" : "  " + outcome.Why)}");
                    if (!outcome.Booted) failures++;
                    foreach (string line in outcome.Complaints)
                    {
                        if (!complaints.TryGetValue(line, out List<string>? places)) complaints[line] = places = [];
                        places.Add(name);
                    }
                }
        Console.WriteLine("\ndmesg at warning level or above, and in how many of the boots");
        foreach ((string line, List<string> places) in complaints.OrderByDescending(pair => pair.Value.Count))
            Console.WriteLine($"{places.Count,4}  {line}   ({(places.Count > 3 ? places[0] + " ..." : string.Join("; ", places))})");
        return failures == 0 ? 0 : 1;
    }

    sealed record Outcome(bool Booted, string Processors, long Exits, double Seconds, IReadOnlyList<string> Complaints, string Why);

    static Outcome Boot(string kernel, string initrd, int processors, bool acpi)
    {
        string line = MachineConfiguration.DefaultCommandLineFor(kernel, BootProtocol.Auto, acpi) + " quiet";
        using VirtualMachine vm = new(new()
        {
            Name = "matrix",
            KernelPath = kernel,
            InitrdPath = initrd,
            CommandLine = line,
            MemoryBytes = 512 << 20,
            ProcessorCount = processors,
            Acpi = acpi,
            RebootAction = RebootAction.Stop,
        });
        long began = Stopwatch.GetTimestamp(), exits = 0;
        double seconds = 0;
        StringBuilder console = new();
        byte[] buffer = new byte[4096];
        long position = 0;
        try
        {
            vm.Start();
        }
        catch (VmException e)
        {
            return new(false, "", 0, 0, [], e.Message);
        }
        while (Stopwatch.GetElapsedTime(began) < s_patience)
        {
            bool over = vm.SerialLog.IsCompleted;
            int read = vm.SerialLog.Read(ref position, buffer);
            string text = console.Append(Encoding.Latin1.GetString(buffer, 0, read)).ToString();
            if (seconds == 0 && text.Contains(Begin, StringComparison.Ordinal)) (seconds, exits) = (Stopwatch.GetElapsedTime(began).TotalSeconds, vm.ExitCount);
            if (text.Contains(End, StringComparison.Ordinal)) break;
            if (read > 0) continue;
            if (over) break;
            vm.SerialLog.WaitForMore(position, s_patience - Stopwatch.GetElapsedTime(began), CancellationToken.None);
        }
        vm.TurnOff();
        return Read(console.ToString(), exits, seconds, $"{vm.StopReason}: {vm.Status}");
    }

    static Outcome Read(string console, long exits, double seconds, string end)
    {
        int from = console.IndexOf(Begin, StringComparison.Ordinal), to = console.IndexOf(End, StringComparison.Ordinal);
        if (from < 0 || to < from) return new(false, "", exits, seconds, [], $"{end} {console[Math.Max(0, console.Length - 300)..]}");
        string[] lines = console[(from + Begin.Length)..to].Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        // "<4>[    0.000000] text": neither level nor time.
        string[] complaints = [.. Condense(lines.Skip(1).Select(line => line[(line.IndexOf(']') + 1)..].Trim())).Where(line => line.Length > 0).Distinct()];
        return new(true, lines.FirstOrDefault(""), exits, seconds, complaints, "");
    }

    // Of a warning with registers and a stack only what it says, without addresses, which differ from boot to boot.
    static IEnumerable<string> Condense(IEnumerable<string> lines)
    {
        bool inDump = false;
        foreach (string line in lines)
        {
            if (line.StartsWith("Modules linked in", StringComparison.Ordinal)) inDump = true;
            if (!inDump && !line.StartsWith("---", StringComparison.Ordinal)) yield return line.StartsWith("CPUID[", StringComparison.Ordinal) ? "CPUID[0d, ...]: ..." : line;
            if (line.StartsWith("---[ end trace", StringComparison.Ordinal)) inDump = false;
        }
    }
}
