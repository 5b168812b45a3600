using System.Globalization;
using PSToyVmm.Engine.Virtio;
using PSToyVmm.Tests.Unit.Virtio.Block;
using PSToyVmm.Tests.Unit.Virtio.Net;
using Xunit;
using Xunit.Abstractions;
using static PSToyVmm.Tests.Unit.Virtio.GuestBuffer;

namespace PSToyVmm.Tests.Unit.Virtio;

/// <summary>
/// What any guest may do to any virtio device: registers in any order and width, rings of anything. 100,000 cases for each
/// device; PSTOYVMM_FUZZ_CASES and PSTOYVMM_FUZZ_SEED ask for more, and others.
/// </summary>
public class HostileVirtioTests(ITestOutputHelper output)
{
    const ulong Seed = 20261122;

    /// <summary>Every device there is: how it is made, and a request that it has to serve after whatever came before.</summary>
    static (Func<VirtioDevice> Make, Action<GuestDriver> Prove) Device(string name) => name switch
    {
        "disk" => (ForgetfulDisk.Make, driver => Expect(driver, written: 513, ToRead(driver.Allocate(16), 16), ToWrite(driver.Allocate(513), 513))),
        "net" => (FuzzWire.Make, FuzzWire.Prove),
        "rng" => (() => new EntropyDevice(new QuickEntropy()), driver => Expect(driver, written: 100, ToWrite(driver.Allocate(100), 100))),
        "console" => (() => new ConsoleDevice(new EndlessPort()), driver => Expect(driver, written: 100, ToWrite(driver.Allocate(100), 100))),
        _ => (() => new EchoDevice(16, 8, 4), driver => Expect(driver, written: 5, ToRead(driver.Allocate(5), 5), ToWrite(driver.Allocate(8), 8))),
    };

    [Theory, InlineData("echo"), InlineData("rng"), InlineData("disk"), InlineData("console"), InlineData("net")]
    public void Nothing_that_a_guest_does_breaks_a_device_for_good(string name)
    {
        (Func<VirtioDevice> make, Action<GuestDriver> prove) = Device(name);
        using HostileGuest guest = new(make, prove);
        long cases = (long)Setting("CASES", 100_000);
        guest.Run(Setting("SEED", Seed), cases);
        output.WriteLine($"{name}: {cases} cases, {guest.Requests} requests taken, {guest.Faults} times broken");
        // A grammar that never comes far, or never does harm, would find nothing.
        Assert.InRange((double)guest.Requests / cases, 0.5, 100);
        Assert.InRange((double)guest.Faults / cases, 0.1, 0.9);
    }

    [Theory, InlineData("echo"), InlineData("rng"), InlineData("disk"), InlineData("console"), InlineData("net")]
    public void A_guest_that_changes_its_rings_while_the_device_reads_them_breaks_nothing(string name)
    {
        (Func<VirtioDevice> make, Action<GuestDriver> prove) = Device(name);
        using GuestDriver driver = new(make(), HostileGrammar.MemorySize, threaded: true);
        Random random = new(42);
        for (int round = 0; round < 300; round++)
        {
            driver.Start(queueSize: 8);
            GuestQueue queue = driver.Queues[0];
            for (int i = 0; i < 8; i++) queue.DescriptorAt(i) = new() { Address = 0x8000, Length = 64, Flags = (ushort)random.Next(4), Next = (ushort)random.Next(8) };
            for (int i = 0; i < 500; i++)
            {
                queue.Offer((ushort)random.Next(8));
                driver.Write(MmioTransport.QueueNotify, 0);
                ref Descriptor victim = ref queue.DescriptorAt(random.Next(8));
                Volatile.Write(ref victim.Address, random.Next(2) == 0 ? 0x8000 : ulong.MaxValue - 32);
                Volatile.Write(ref victim.Length, random.Next(2) == 0 ? 64 : uint.MaxValue);
                Volatile.Write(ref victim.Flags, (ushort)random.Next(4));
                // As many as it had room for; more of it would break it before it comes to the descriptors.
                if ((ushort)(queue.AvailableIndex - queue.UsedIndex) > 4) Thread.Yield();
            }
            Assert.Null(driver.Failure);
        }
        driver.Dispose();
        using GuestDriver after = new(make());
        prove(after.Start());
    }

    [Fact]
    public void A_failure_is_printed_so_that_it_can_be_replayed()
    {
        // A device with a mistake: it dies of a buffer of 512 bytes.
        static VirtioDevice Make() => new FragileDevice();
        static void Prove(GuestDriver driver) => driver.Run();
        using HostileGuest guest = new(Make, Prove);
        string report = Assert.ThrowsAny<Exception>(() =>
        {
            for (ulong i = 0; i < 10_000; i++) guest.RunCase(i);
        }).ToString();
        string[] lines = [.. report.Split('\n').Where(line => Enum.GetNames<HostileAct>().Contains(line.Split(' ')[0]))];
        using HostileGuest again = new(Make, Prove);
        Assert.Contains("ouch", Assert.ThrowsAny<Exception>(() => again.Replay(lines)).Message);
        again.Replay(lines[..^lines.Length]); // without them nothing happens
    }

    static ulong Setting(string name, ulong otherwise) =>
        ulong.TryParse(Environment.GetEnvironmentVariable($"PSTOYVMM_FUZZ_{name}"), CultureInfo.InvariantCulture, out ulong value) ? value : otherwise;

    static void Expect(GuestDriver driver, uint written, params ReadOnlySpan<GuestBuffer> request)
    {
        ushort head = driver.Queues[0].Add(request);
        driver.Queues[0].Kick();
        driver.Run();
        if (!driver.Queues[0].TryTake(out ushort taken, out uint length) || (taken, length) != (head, written))
            Assert.Fail($"a good driver got {taken}, {length} for {head}, {written}");
    }

    // The kernel's would be most of the time.
    sealed class QuickEntropy : IEntropySource
    {
        public void Fill(Span<byte> bytes) => bytes.Fill(0xa5);
    }

    // Somebody types without end, and reads what the guest writes.
    sealed class EndlessPort : IConsolePort
    {
        byte _seen;

        public (ushort Columns, ushort Rows) Size => (80, 25);
        public int Waiting => 1;

        public int Read(Span<byte> into)
        {
            into.Fill(_seen);
            return into.Length;
        }

        public void Write(ReadOnlySpan<byte> bytes)
        {
            if (!bytes.IsEmpty) _seen ^= (byte)(bytes[0] ^ bytes[^1]);
        }
    }

    sealed class FragileDevice : VirtioDevice
    {
        readonly DescriptorChain _chain = new();

        public override string Label => "fragile";
        public override uint DeviceId => 43;
        public override IReadOnlyList<ushort> QueueSizes { get; } = [8];

        public override void OnQueue(int queue)
        {
            while (Queues[queue] is { } requests && requests.TryPop(_chain))
                if (_chain.WritableBytes == 512)
                    throw new InvalidOperationException("ouch");
        }
    }
}
