using PSToyVmm.Engine.Bus;
using PSToyVmm.Engine.Machines;
using PSToyVmm.Engine.Vcpus;

namespace PSToyVmm.Bench;

/// <summary>
/// An exit's round trip through the whole path (KVM_RUN, bus, device, counters), beside the least loop in C with the same
/// guest, alternately: this machine's speed changes from second to second, the ratio of neighbours does not.
/// </summary>
static class Exits
{
    sealed class Idle : IBusDevice
    {
        public string Label => "idle";

        public void Read(ulong offset, Span<byte> data) => data.Fill(0xff);

        public void Write(ulong offset, ReadOnlySpan<byte> data)
        {
        }
    }

    const int PerRun = 20_000, Counted = 100_000, WarmUps = 3, Crowd = 32;

    public static void Run(int pairs)
    {
        Console.WriteLine($"An exit's round trip, us; medians of {pairs} pairs of {PerRun} exits, and the ratio within which half of the pairs lie");
        Console.WriteLine($"{"",-32}{"ours",8}{"C",8}{"ratio",8}");
        using Peer peer = new();
        Compare(peer, "port (serial scratch)", PortLoop, pairs);
        Compare(peer, "MMIO (unclaimed)", MmioLoop, pairs);
        Compare(peer, $"port, {Crowd} more devices", PortLoop, pairs, AddCrowd);
        Compare(peer, $"MMIO, {Crowd} devices", MmioLoop, pairs, AddCrowd);
        Console.WriteLine($"Bytes allocated on the vCPU's thread by {Counted} more exits: {Allocated()}");
    }

    // On both sides of the addresses that the guest uses, and, on the MMIO bus, at them. Each attachment takes microseconds.
    static void AddCrowd(VirtualMachine vm)
    {
        if (vm.Devices is not { } devices) return;
        for (uint i = 0; i < Crowd; i++)
        {
            devices.Ports.Attach((i % 2 == 0 ? 0x200u : 0x1000u) + (i * 8), 4, new Idle());
            devices.Mmio.Attach(0xd000_0000 + (i * 0x1000), 0x1000, new Idle());
        }
    }

    static void Compare(Peer peer, string name, Func<int, byte[]> loop, int pairs, Action<VirtualMachine>? started = null)
    {
        TimedVcpuHost host = new();
        using Guest guest = new(loop(PerRun), host: host);
        Comparison processor = new($"{name}, processor"), wall = new($"{name}, wall");
        for (int i = -WarmUps; i < pairs; i++)
        {
            guest.RunToEnd(started);
            TimeSpan[] theirs = peer.Ask($"exits {guest.Flat}");
            if (i < 0) continue;
            wall.Add(host.Elapsed, theirs[0], PerRun);
            processor.Add(host.Processor, theirs[1], PerRun);
        }
        processor.Print();
        wall.Print();
    }

    // A run's end allocates too, more after a long run than after a short one, when the pool has no thread awake.
    static long Allocated()
    {
        TimedVcpuHost host = new();
        long Of(int exits)
        {
            using Guest guest = new(PortLoop(exits), host: host);
            guest.RunToEnd();
            return host.Allocated;
        }
        long some = Of(Counted);
        return Of(2 * Counted) - some;
    }

    // Half of the exits write the serial port's scratch register, half read it.
    static byte[] PortLoop(int exits) =>
    [
        0xb9, .. BitConverter.GetBytes(exits / 2), // mov ecx, exits / 2
        0x66, 0xba, 0xff, 0x03, // mov dx, 0x3ff
        0xee, // out dx, al
        0xec, // in al, dx
        0xff, 0xc9, // dec ecx
        0x75, 0xfa, // jnz to the out
        .. Guest.Reset,
    ];

    static byte[] MmioLoop(int exits) =>
    [
        0xb9, .. BitConverter.GetBytes(exits / 2), // mov ecx, exits / 2
        0xb8, 0x00, 0x20, 0x00, 0xd0, // mov eax, 0xd0002000
        0x88, 0x18, // mov [rax], bl
        0x8a, 0x18, // mov bl, [rax]
        0xff, 0xc9, // dec ecx
        0x75, 0xf8, // jnz to the first mov
        .. Guest.Reset,
    ];
}
