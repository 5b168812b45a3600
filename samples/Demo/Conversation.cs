using System.Text;
using PSToyVmm.Engine.Consoles;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm.Samples.Demo;

/// <summary>A session at a guest's console without a person: what is waited for, and what is typed then.</summary>
static class Conversation
{
    static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    static readonly (string Prompt, string Answer)[] s_script =
    [
        ("login: ", "root"),
        ("Password: ", "root"),
        ("# ", "uname -a"),
        ("# ", "ls -lat /"),
        ("# ", "poweroff"),
    ];

    /// <summary>Boots, holds the conversation, prints it and the exit statistics. The exit code: 0 where the guest switched itself off.</summary>
    public static int Hold(string kernel, string initrd)
    {
        using VirtualMachine machine = new(new()
        {
            Name = "demo",
            KernelPath = kernel,
            InitrdPath = initrd,
            CommandLine = $"{MachineConfiguration.DefaultCommandLine} quiet",
            RebootAction = RebootAction.Stop,
        });
        machine.Start();
        Task echo = Task.Run(() => Echo(machine.SerialLog));
        long position = 0;
        foreach ((string prompt, string answer) in s_script)
        {
            ExpectOutcome outcome = SerialExpect.Wait(machine.SerialLog, SerialExpect.Literal(prompt), position, s_patience, CancellationToken.None, out SerialMatch? match);
            if (match is null)
            {
                Console.Error.WriteLine($"\nno '{prompt}' from the guest ({outcome}); {machine.State}: {machine.Status}");
                return 1;
            }
            position = match.End;
            machine.SerialInput.Enqueue(Encoding.ASCII.GetBytes(answer + "\r"));
        }
        bool ended = machine.WaitFor(MachineState.Off, s_patience, CancellationToken.None);
        machine.TurnOff();
        echo.Wait();
        Console.WriteLine($"\n{machine.Status} {machine.ExitCount} exits to the VMM:\n");
        foreach (ExitStatistic row in machine.GetExitStatistics().Where(row => row.Source == "Vmm").Take(12))
            Console.WriteLine($"{row.Reason,-10} {(row.Address is { } at ? $"0x{at:x}" : ""),-8} {row.Device,-14} {row.Count,8} {row.MeanTime.TotalMicroseconds,8:0.0} us");
        return ended && machine.StopReason == StopReason.GuestPowerOff ? 0 : 1;
    }

    static void Echo(SerialLog log)
    {
        using Stream output = Console.OpenStandardOutput();
        byte[] buffer = new byte[4096];
        long position = 0;
        do
        {
            for (int count; (count = log.Read(ref position, buffer)) > 0;) output.Write(buffer, 0, count);
        }
        while (log.WaitForMore(position, Timeout.InfiniteTimeSpan, CancellationToken.None));
    }
}
