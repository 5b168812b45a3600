using CsCheck;
using PSToyVmm.Engine.Bus;
using PSToyVmm.Engine.Consoles;
using PSToyVmm.Engine.Devices;
using PSToyVmm.Tests.Unit.Bus;
using Xunit;

namespace PSToyVmm.Tests.Unit.Devices;

/// <summary>What any guest may do: any offset, any length, any order.</summary>
public class HostileGuestTests
{
    static readonly DateTimeOffset s_start = new(2026, 11, 22, 15, 4, 59, TimeSpan.Zero);

    /// <summary>Every device there is, by name, with a check of what must always hold.</summary>
    static (IBusDevice Device, Action Check) Make(string name)
    {
        CountingLine irq = new();
        FakeCable cable = new();
        FakeTime time = new(s_start);
        switch (name)
        {
            case "serial":
                Serial serial = new(irq, cable, cable);
                int typed = 0;
                return (serial, () =>
                {
                    for (; typed % 7 != 6; typed++) cable.Waiting.Enqueue((byte)typed);
                    typed++;
                    serial.NotifyInput();
                    SerialState state = serial.Save();
                    Assert.InRange(state.Received.Length, 0, (state.Fcr & 1) != 0 ? 16 : 1);
                    Assert.Equal(0x60, serial.In(5) & 0xfc);
                    Assert.Equal(0, serial.In(2) & 0x30);
                    Assert.Equal(0, state.Ier & 0xf0);
                }
                );
            case "i8042 data" or "i8042 command":
                I8042 controller = new(irq, () => { });
                IBusDevice[] ports = [controller.DataPort, controller.CommandPort];
                int accesses = 0;
                return (name == "i8042 data" ? ports[0] : ports[1], () =>
                {
                    ports[accesses++ % 2].Out(0, (byte)(accesses * 37));
                    controller.TryPressCtrlAltDelete();
                    Assert.Equal(0x10, ports[1].In() & 0xf2);
                    Assert.InRange(controller.Save().Keyboard.Sending.Length, 0, 16);
                }
                );
            case "rtc":
                CmosRtc rtc = new(irq, time);
                return (rtc, () =>
                {
                    time.Now += TimeSpan.FromMinutes(1234.567);
                    byte index = rtc.Save().Index;
                    rtc.Write(0, [0x0b, 0x02]);
                    rtc.Out(0, 8);
                    Assert.Contains(rtc.In(1), (byte[])[1, 2, 3, 4, 5, 6, 7, 8, 9, 0x10, 0x11, 0x12]);
                    rtc.Out(0, 7);
                    Assert.InRange(rtc.In(1), 1, 0x31);
                    rtc.Out(0, index);
                }
                );
            case "boot-marker":
                int told = 0;
                return (new BootMarker(time, _ => told++), () => Assert.InRange(told, 0, 256));
            case "power-control":
                return (new PowerControl(() => { }, () => { }), () => { });
            case "pci address" or "pci data":
                PciHostBridge pci = new();
                return (name == "pci data" ? pci.DataPort : pci.AddressPort, () => pci.AddressPort.Write(0, [0, 0, 0, 0x80]));
            case "debug-console" or "post":
                MachineLog log = new(time);
                LogLine line = log.OpenDebugConsole();
                IBusDevice debug = name == "post" ? new PostPort(log.OpenPostCodes()) : new DebugConsole(line.Write);
                return (debug, () => Assert.Equal(name == "post" ? debug.In() : 0xe9, debug.In()));
            case "debug-exit":
                return (new DebugExit(_ => { }), () => { });
            case "fw-cfg":
                FirmwareConfig config = new(1 << 28, 1, new Dictionary<string, byte[]> { ["opt/a"] = new byte[100] });
                return (config, () => Assert.InRange(config.Save().Position, 0, 100));
            default:
                ResetControl reset = new(() => { });
                return (reset, () => Assert.Equal(0, reset.In() & 0xf1));
        }
    }

    static readonly Gen<ulong> s_offset = Gen.Frequency((20, Gen.ULong[0, 8]), (1, Gen.ULong), (1, Gen.ULong[ulong.MaxValue - 8, ulong.MaxValue]));

    [Theory]
    [InlineData("serial"), InlineData("i8042 data"), InlineData("i8042 command"), InlineData("rtc")]
    [InlineData("boot-marker"), InlineData("power-control"), InlineData("reset-control")]
    [InlineData("debug-console"), InlineData("post"), InlineData("debug-exit"), InlineData("fw-cfg")]
    [InlineData("pci address"), InlineData("pci data")]
    public void Nothing_that_a_guest_does_breaks_a_device(string name) =>
        Gen.Select(s_offset, Gen.Byte.Array[0, 8], Gen.Bool).Array[100, 300].Sample(accesses =>
        {
            (IBusDevice device, Action check) = Make(name);
            foreach ((ulong offset, byte[] data, bool isWrite) in accesses)
            {
                if (isWrite) device.Write(offset, data);
                else device.Read(offset, data);
                check();
            }
        }, iter: 600);

    [Theory]
    [InlineData("serial"), InlineData("i8042 data"), InlineData("i8042 command"), InlineData("rtc")]
    [InlineData("boot-marker"), InlineData("power-control"), InlineData("reset-control")]
    [InlineData("debug-console"), InlineData("post"), InlineData("debug-exit"), InlineData("fw-cfg")]
    [InlineData("pci address"), InlineData("pci data")]
    public void A_hundred_thousand_accesses_allocate_nothing(string name)
    {
        (IBusDevice device, _) = Make(name);
        Random random = new(42);
        byte[] data = new byte[2];
        Assert.Equal(0, Allocation.Of(() =>
        {
            for (int i = 0; i < 100_000; i++)
            {
                ulong offset = (ulong)random.Next(9);
                device.Read(offset, data);
                random.NextBytes(data);
                device.Write(offset, data.AsSpan(0, i % 3));
            }
        }));
    }

    [Fact]
    public void Two_vCPUs_at_one_port_lose_nothing()
    {
        FakeCable cable = new();
        Serial serial = new(new CountingLine(), cable, cable);
        Parallel.For(0, 4, _ =>
        {
            for (int i = 0; i < 20_000; i++)
            {
                serial.Out(0, (byte)i);
                serial.In(2);
            }
        });
        Assert.Equal(80_000, cable.Sent.Count);
    }
}
