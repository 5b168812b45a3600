using PSToyVmm.Engine.Machines;

namespace PSToyVmm.Bench;

/// <summary>Boots Linux once with the engine: its console on stdout, or at the end what it left the guest for.</summary>
static class Boot
{
    public static void ToStdout(string kernel, string initrd, string commandLine)
    {
        using EngineRun run = new(kernel, initrd, commandLine);
        using Stream stdout = Console.OpenStandardOutput();
        byte[] buffer = new byte[4096];
        for (int read; (read = run.Read(buffer)) > 0;) stdout.Write(buffer.AsSpan(0, read));
        run.WaitForEnd();
    }

    /// <summary>Twice: the first boot compiles and warms, the second is shown.</summary>
    public static void Places(string kernel, string initrd, string commandLine, TimeSpan after)
    {
        using VirtualMachine vm = new(new() { Name = "boot", KernelPath = kernel, InitrdPath = initrd, CommandLine = commandLine, RebootAction = RebootAction.Stop });
        for (int i = 0; i < 2; i++)
        {
            vm.Start();
            vm.WaitFor(MachineState.Off, after, CancellationToken.None);
            vm.TurnOff();
        }
        List(vm);
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
