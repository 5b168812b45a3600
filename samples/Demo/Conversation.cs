using System.Diagnostics;
using System.Text;
using PSToyVmm.Engine;
using PSToyVmm.Engine.Consoles;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm.Samples.Demo;

/// <summary>A session at a guest's console without a person: what is waited for, and what is typed then.</summary>
static class Conversation
{
    static readonly TimeSpan s_patience = TimeSpan.FromMinutes(4);

    static readonly (string Prompt, string Answer)[] s_login = [("login: ", "root"), ("Password: ", "root")];

    /// <summary>Boots, holds the conversation, prints it and the exit statistics. The exit code: 0 where the guest switched itself off.</summary>
    public static int Hold(string kernel, string initrd) => Show(new()
    {
        Name = "demo",
        KernelPath = kernel,
        InitrdPath = initrd,
        CommandLine = CommandLine,
        RebootAction = RebootAction.Stop,
    }, machine => Say(machine, [.. s_login, ("# ", "uname -a"), ("# ", "ls -lat /"), ("# ", "poweroff")]));

    /// <summary>The same with a root disk, a copy of the image given: what is written must be there after a restart.</summary>
    public static int HoldWithDisk(string kernel, string initrd, string image)
    {
        const string Text = "kept over a restart";
        string disk = Path.Combine(Path.GetTempPath(), $"toyvm-disk-{Environment.ProcessId}.img");
        try
        {
            CopySparse(image, disk);
            return Show(new()
            {
                Name = "demo",
                KernelPath = kernel,
                InitrdPath = initrd,
                CommandLine = CommandLine,
                Disks = [new() { Path = disk, IsRoot = true }],
            }, machine => Say(machine, [.. s_login, ("# ", $"echo {Text} > kept; reboot"), .. s_login, ("# ", "cat kept"), (Text, ""), ("# ", "poweroff")]));
        }
        finally
        {
            File.Delete(disk);
        }
    }

    static string CommandLine => $"{MachineConfiguration.DefaultCommandLine} quiet";

    static int Show(MachineConfiguration configuration, Func<VirtualMachine, bool> talk)
    {
        using VirtualMachine machine = new(configuration);
        machine.Start();
        Task echo = Task.Run(() => Echo(machine.SerialLog));
        if (!talk(machine)) return 1;
        bool ended = machine.WaitFor(MachineState.Off, s_patience, CancellationToken.None);
        machine.TurnOff();
        echo.Wait();
        Console.WriteLine($"\n{machine.Status} {machine.ExitCount} exits to the VMM:\n");
        foreach (ExitStatistic row in machine.GetExitStatistics().Where(row => row.Source == "Vmm").Take(12))
            Console.WriteLine($"{row.Reason,-10} {(row.Address is { } at ? $"0x{at:x}" : ""),-8} {row.Device,-14} {row.Count,8} {row.MeanTime.TotalMicroseconds,8:0.0} us");
        return ended && machine.StopReason == StopReason.GuestPowerOff ? 0 : 1;
    }

    static bool Say(VirtualMachine machine, (string Prompt, string Answer)[] script)
    {
        long position = 0;
        foreach ((string prompt, string answer) in script)
        {
            ExpectOutcome outcome = SerialExpect.Wait(machine.SerialLog, SerialExpect.Literal(prompt), position, s_patience, CancellationToken.None, out SerialMatch? match);
            if (match is null)
            {
                Console.Error.WriteLine($"\nno '{prompt}' from the guest ({outcome}); {machine.State}: {machine.Status}");
                return false;
            }
            position = match.End;
            if (answer.Length > 0) machine.SerialInput.Enqueue(Encoding.ASCII.GetBytes(answer + "\r"));
        }
        return true;
    }

    // Most of the image is holes, and where it goes may be memory.
    static void CopySparse(string from, string to)
    {
        using Process copy = Process.Start("cp", ["--sparse=always", "--reflink=auto", "--", from, to]);
        copy.WaitForExit();
        if (copy.ExitCode != 0) throw new VmException(VmErrorId.FileUnreadable, VmErrorKind.DeviceError, $"'{from}' could not be copied to '{to}'.");
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
