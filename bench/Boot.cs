using PSToyVmm.Engine.Machines;

namespace PSToyVmm.Bench;

/// <summary>Boots Linux once with the engine, its console to a file; at the end, on request, what it left the guest for.</summary>
static class Boot
{
    public static void Run(string kernel, string initrd, string commandLine, string console, TimeSpan? after = null)
    {
        using VirtualMachine vm = new(new() { Name = "boot", KernelPath = kernel, InitrdPath = initrd, CommandLine = commandLine, SerialLogPath = console, RebootAction = RebootAction.Stop });
        vm.Start();
        vm.WaitFor(MachineState.Off, after ?? Timeout.InfiniteTimeSpan, CancellationToken.None);
        if (after is not null) List(vm);
    }

    static void List(VirtualMachine vm)
    {
        IReadOnlyList<ExitStatistic> rows = vm.GetExitStatistics();
        foreach (ExitStatistic row in rows.Where(row => row.Source == "Vmm"))
            Console.WriteLine($"  {row.Reason,-12}{row.Address,6:x}  {row.Device,-10}{row.Count,8}{row.TotalTime.TotalMilliseconds,10:f2} ms{row.MeanTime.TotalMicroseconds,9:f1} us mean");
        foreach (ExitStatistic row in rows.Where(row => row.Source == "Kvm"))
            Console.WriteLine($"  {row.Reason,-30}{row.Count,8}{(row.Vcpu < 0 ? "  machine" : "")}");
        foreach (BootPhase phase in vm.BootTimeline)
            Console.WriteLine($"  {phase.Name,-20}at {phase.At.TotalMilliseconds,9:f1} ms{phase.Duration.TotalMilliseconds,9:f1} ms");
    }
}
