using System.Globalization;
using PSToyVmm.Bench;

const string Usage = """
    Usage: PSToyVmm.Bench COMMAND

      exits [PAIRS]       an exit's round trip beside the same loop in C; bytes allocated (15 pairs)
      start [PAIRS]       Start to the guest's first exit, a kernel of 14 MB, beside the least in C (15 pairs)
      block [PAIRS] [sync]  a virtio disk beside fio on the same file; sync: without io_uring (5 pairs)
      net [PAIRS]         a virtio network card on a tap beside a bare loop in C on the same tap (9 pairs)
      idle [SECONDS]      what a halted machine costs the host's processors, beside the same process without one (10 seconds)
      memory              resident memory of an idle machine; what 200 machines leave behind

    and for Linux guests, where KVM can run them (bench/boot-peers prepares all):

      boot KERNEL INITRD COMMANDLINE init|TEXT ROUNDS [ONLY]   beside QEMU and kvmtool, until init or until the console shows TEXT;
                                                               ONLY: ends of names, with semicolons between
      console KERNEL INITRD COMMANDLINE                        boots, the console on stdout
      kernels INITRD KERNEL...                                 each with 1, 2, 4 vCPUs, ACPI on and off (bench/kernels)
      idle KERNEL INITRD COMMANDLINE BOOT SECONDS              the same after BOOT seconds
      places KERNEL INITRD COMMANDLINE SECONDS                 boots for so long, then lists exits by place and the timeline
    """;

switch (args)
{
    case ["exits", .. var rest]: Exits.Run(Pairs(rest)); break;
    case ["start", .. var rest]: StartTime.Run(Pairs(rest)); break;
    case ["block", .. var rest]: Block.Run(rest.Length > 0 ? Number(rest[0]) : 5, ring: !rest.Contains("sync")); break;
    case ["net", .. var rest]: Net.Run(rest is [var count] ? Number(count) : 9); break;
    case ["memory"]: MemoryUse.Run(); break;
    case ["idle", var kernel, var initrd, var line, var boot, var seconds]:
        Idle.Run(kernel, initrd, line, TimeSpan.FromSeconds(Number(boot)), TimeSpan.FromSeconds(Number(seconds)));
        break;
    case ["idle", .. var rest]: Idle.Run(TimeSpan.FromSeconds(rest is [var idle] ? Number(idle) : 10)); break;
    case ["boot", var kernel, var initrd, var line, "init", var rounds, .. var only]:
        new BootPeers(kernel, initrd, line, "INIT-REACHED", guestEnds: true).Run(Number(rounds), string.Concat(only));
        break;
    case ["boot", var kernel, var initrd, var line, var until, var rounds, .. var only]:
        new BootPeers(kernel, initrd, line, until, guestEnds: false).Run(Number(rounds), string.Concat(only));
        break;
    case ["console", var kernel, var initrd, var line]: Boot.ToStdout(kernel, initrd, line); break;
    case ["kernels", var initrd, .. var kernels]: return KernelMatrix.Run(initrd, kernels);
    case ["places", var kernel, var initrd, var line, var seconds]: Boot.Places(kernel, initrd, line, TimeSpan.FromSeconds(Number(seconds))); break;
    default: Console.Error.WriteLine(Usage); return 2;
}
return 0;

static int Pairs(string[] rest) => rest is [var count] ? Number(count) : 15;

static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
