using PSToyVmm.Engine;
using PSToyVmm.Engine.Machines;
using PSToyVmm.Terminal;

const string Usage = """
    Boots a kernel and joins its serial console to this terminal, or to standard input and output. Ctrl+] quits.
    SerialConsole --kernel FILE [--initrd FILE] [--memory MIB] [--append TEXT]
    """;

Dictionary<string, string> options = [];
for (int i = 0; i < args.Length; i += 2)
    if (args[i] is not ("--kernel" or "--initrd" or "--memory" or "--append") || i + 1 == args.Length || !options.TryAdd(args[i], args[i + 1]))
        return Fail(2, Usage);
if (!options.TryGetValue("--kernel", out string? kernel) || !ulong.TryParse(options.GetValueOrDefault("--memory", "256"), out ulong mebibytes))
    return Fail(2, Usage);

try
{
    using VirtualMachine machine = new(new MachineConfiguration
    {
        Name = "console",
        KernelPath = Path.GetFullPath(kernel),
        InitrdPath = options.TryGetValue("--initrd", out string? initrd) ? Path.GetFullPath(initrd) : null,
        CommandLine = $"{MachineConfiguration.DefaultCommandLine} {options.GetValueOrDefault("--append")}".TrimEnd(),
        MemoryBytes = mebibytes << 20,
        RebootAction = RebootAction.Stop,
    });
    machine.Start();
    if (Attach(machine) == AttachmentEnd.MachineEnded)
        machine.WaitFor(MachineState.Off, TimeSpan.FromSeconds(10), CancellationToken.None);
    machine.TurnOff();

    return machine.StopReason is StopReason.GuestPowerOff or StopReason.GuestReset
        ? 0
        : Fail(1, $"{machine.StopReason}: {machine.Status}\n{machine.Fault?.Registers}".TrimEnd());
}
catch (VmException e)
{
    return Fail(1, $"{e.Id}: {e.Message}");
}

static AttachmentEnd Attach(VirtualMachine machine)
{
    using RawTerminal? terminal = Console.IsInputRedirected ? null : new();
    using SerialAttachment attachment =
        new(machine.SerialLog, machine.SerialInput, terminal?.Input ?? Tty.StandardInput, terminal?.Output ?? Tty.StandardOutput)
        {
            From = 0,
            Interactive = terminal is not null,
        };
    return attachment.Run(CancellationToken.None);
}

static int Fail(int code, string message)
{
    Console.Error.WriteLine(message);
    return code;
}
