using CsCheck;
using PSToyVmm.Engine.Consoles;
using PSToyVmm.Engine.Machines;
using PSToyVmm.Tests.Unit.Devices;
using Xunit;

namespace PSToyVmm.Tests.Unit.Machines;

/// <summary>What any guest may do to all of a machine's ports, in any order, as the machine has them wired.</summary>
public class HostileMachineTests
{
    // What a random byte rarely is, and devices look for.
    static readonly Gen<byte> s_byte = Gen.OneOf(Gen.Byte, OneOf<byte>(0, 1, 0x0a, 0x0b, 0x0c, 0x34, 0x60, 0x80, 0xd1, 0xd2, 0xfe, 0xff));

    static readonly Gen<ushort> s_port = Gen.Frequency(
        (40, OneOf<ushort>(
            0x60, 0x64, 0x70, 0x71, 0x71, 0x80, 0xe9, 0xf4, 0xf7, 0x3f8, 0x3f9, 0x3fa, 0x3fb, 0x3fc, 0x3fd, 0x3fe, 0x3ff,
            0x510, 0x511, 0x600, 0x601, 0x700, 0xcf9)),
        (1, Gen.UShort));

    static readonly Gen<byte[]> s_data = OneOf(1, 1, 1, 2, 4, 8).SelectMany(size => s_byte.Array[size]);

    [Fact]
    public void Nothing_that_a_guest_does_to_its_ports_breaks_the_machine()
    {
        MachineLog log = new(TimeProvider.System);                     // one for all: its memory is most of what a machine here needs
        Gen.Select(s_port, s_data, Gen.Bool).Array[1, 16].Sample(accesses =>
        {
            FakeTime time = new(new(2026, 11, 22, 15, 4, 59, TimeSpan.Zero));
            SerialLog console = new(capacity: 256);
            int ends = 0;
            using MachineDevices devices = new(Everything, _ => new CountingLine(), new(console, new()), log, _ => ends++, time);
            foreach ((ushort port, byte[] data, bool isWrite) in accesses)
            {
                if (isWrite) devices.Ports.Write(port, data);
                else devices.Ports.Read(port, [.. data]);
                time.Pass(TimeSpan.FromMilliseconds(data[0]));
            }
            // The rest of the machine goes on: it can print, it has a clock, and it can be switched off.
            devices.Ports.Write(0x3fb, [0x03]);
            devices.Ports.Write(0x3fc, [0x00]);
            devices.Ports.Write(0x3f8, [(byte)'!']);
            long position = console.End - 1;
            byte[] last = new byte[1];
            Assert.Equal(1, console.Read(ref position, last));
            Assert.Equal((byte)'!', last[0]);
            devices.Ports.Write(0x70, [0x0d]);
            devices.Ports.Read(0x71, last);
            Assert.Equal(0x80, last[0]);
            int before = ends;
            devices.Ports.Write(0x600, [0x34]);
            Assert.Equal(before + 1, ends);
        }, iter: 100_000);
        Assert.InRange(log.Read().Count, 1000, 10_000);
    }

    [Fact]
    public void Every_port_of_a_machine_has_an_owner_that_a_debug_exit_must_not_disturb()
    {
        FakeTime time = new(DateTimeOffset.UnixEpoch);
        using MachineDevices devices = new(Everything with { DebugExitPort = null }, _ => new CountingLine(), new(new SerialLog(), new()), new(time), _ => { }, time);
        for (int port = 0; port <= ushort.MaxValue; port++)
            if (devices.Ports.Find((ulong)port, out _) is { } device)
                Assert.True(MachinePorts.OwnerOf((ushort)port, 1) is not null, $"0x{port:x} of {device.Label}");
        Assert.Null(MachinePorts.OwnerOf(0xf4, 4));
    }

    static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    static MachineConfiguration Everything => new()
    {
        Name = "hostile",
        KernelPath = "/none",
        DebugConsole = true,
        PostPort = true,
        DebugExitPort = 0xf4,
        FirmwareConfig = new Dictionary<string, FirmwareFile> { ["opt/a"] = new([1, 2, 3]) },
    };
}
