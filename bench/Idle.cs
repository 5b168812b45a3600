using System.Diagnostics;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm.Bench;

/// <summary>What an idle machine costs the host's processors: its own threads by their clocks, and this process beside itself without a machine.</summary>
static class Idle
{
    const int Processors = 4;

    // The runtime's pool ends a thread that had nothing to do for twenty seconds; until then it looks after it.
    static readonly TimeSpan s_settle = TimeSpan.FromSeconds(25);

    /// <summary>A guest of a few instructions that halts, and one whose other processors were never woken.</summary>
    public static void Run(TimeSpan time)
    {
        using Guest guest = new(Guest.Halt);
        guest.Vm.Reconfigure(plain => plain with { ProcessorCount = Processors, Entropy = true });
        Compare(guest.Vm, $"halted guest, {Processors} vCPUs, a virtio device", time, TimeSpan.Zero);
    }

    /// <summary>A Linux guest, after it was left to boot for so long.</summary>
    public static void Run(string kernel, string initrd, string commandLine, TimeSpan boot, TimeSpan time)
    {
        using VirtualMachine vm = new(new() { Name = "bench", KernelPath = kernel, InitrdPath = initrd, CommandLine = commandLine, MemoryBytes = 512 << 20, Entropy = true });
        Compare(vm, Path.GetFileName(kernel), time, boot);
    }

    // Before, with and after: what the runtime itself does in a second is known by the neighbours.
    static void Compare(VirtualMachine vm, string name, TimeSpan time, TimeSpan boot)
    {
        Console.WriteLine($"Processor time per second, ms; {time.TotalSeconds:0} s each");
        Thread.Sleep(s_settle);
        Print("this process, no machine", PerSecond(time, ProcessTime));
        vm.Start();
        Thread.Sleep(boot + s_settle);
        MachineMeasurement from = vm.Measure();
        long exits = vm.ExitCount;
        double process = PerSecond(time, ProcessTime);
        MachineMeasurement to = vm.Measure();
        Print($"this process, {name}", process);
        double seconds = (to.MeteringDuration - from.MeteringDuration).TotalSeconds;
        foreach ((ThreadReading before, ThreadReading after) in from.Threads.Zip(to.Threads))
            Print($"  {after.Name}", (after.ProcessorTime - before.ProcessorTime).TotalMilliseconds / seconds);
        Print("  all threads of the machine", (to.ProcessorTime + to.DeviceTime - from.ProcessorTime - from.DeviceTime).TotalMilliseconds / seconds);
        Console.WriteLine($"  exits to the VMM per second: {(vm.ExitCount - exits) / seconds:f1}");
        vm.Suspend();
        Thread.Sleep(s_settle);
        Print("the same, paused", PerSecond(time, ProcessTime));
        vm.TurnOff();
        Thread.Sleep(s_settle);
        Print("this process, no machine again", PerSecond(time, ProcessTime));
    }

    static TimeSpan ProcessTime() => Environment.CpuUsage.TotalTime;

    static double PerSecond(TimeSpan time, Func<TimeSpan> clock)
    {
        TimeSpan before = clock();
        long began = Stopwatch.GetTimestamp();
        Thread.Sleep(time);
        return (clock() - before).TotalMilliseconds / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    static void Print(string what, double milliseconds) => Console.WriteLine($"{what,-60}{milliseconds,9:f3}");
}
