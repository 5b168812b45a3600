using System.Globalization;
using PSToyVmm.Bench;

const string Usage = """
    Usage: PSToyVmm.Bench COMMAND

      exits [PAIRS]       an exit's round trip beside the same loop in C; bytes allocated (15 pairs)
      start [PAIRS]       Start to the guest's first exit, a kernel of 14 MB, beside the least in C (15 pairs)
      memory              resident memory of an idle machine; what 200 machines leave behind

    and for Linux guests, where KVM can run them (bench/boot-peers prepares all):

      boot KERNEL INITRD COMMANDLINE UNTIL ROUNDS      beside QEMU and kvmtool, until the console shows UNTIL ('': the end)
      console KERNEL INITRD COMMANDLINE FILE           boots, the console in FILE
      places KERNEL INITRD COMMANDLINE SECONDS         boots for that long, then lists exits by place and the timeline
    """;

switch (args)
{
    case ["exits", .. var rest]: Exits.Run(Pairs(rest)); break;
    case ["start", .. var rest]: StartTime.Run(Pairs(rest)); break;
    case ["memory"]: MemoryUse.Run(); break;
    case ["boot", var kernel, var initrd, var line, var until, var rounds]: new BootPeers(kernel, initrd, line, until).Run(Number(rounds)); break;
    case ["console", var kernel, var initrd, var line, var console]: Boot.Run(kernel, initrd, line, console); break;
    case ["places", var kernel, var initrd, var line, var seconds]: Boot.Run(kernel, initrd, line, "/dev/null", TimeSpan.FromSeconds(Number(seconds))); break;
    default: Console.Error.WriteLine(Usage); return 2;
}
return 0;

static int Pairs(string[] rest) => rest is [var count] ? Number(count) : 15;

static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
