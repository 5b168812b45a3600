using PSToyVmm.Engine.Machines;
using Xunit;

namespace PSToyVmm.Tests.Unit.Machines;

public class ExitStatisticsTests
{
    [KvmFact]
    public void Ports_are_counted_with_the_device_that_has_them()
    {
        using GuestMachine guest = TinyGuest.Machine(TinyGuest.Print("hello"), [0xe4, 0x80], TinyGuest.Reset).Start();
        IReadOnlyList<ExitStatistic> rows = guest.End().GetExitStatistics();
        ExitStatistic serial = rows.Single(row => row is { Source: "Vmm", Reason: "IoOut", Address: 0x3f8 });
        Assert.Equal(("serial", 5L, 5L), (serial.Device, serial.Count, serial.Bytes));
        Assert.True(serial.TotalTime > TimeSpan.Zero && serial.MaximumTime <= serial.TotalTime && serial.MeanTime <= serial.MaximumTime);
        ExitStatistic nobody = rows.Single(row => row is { Source: "Vmm", Reason: "IoIn", Address: 0x80 });
        Assert.Equal("unclaimed", nobody.Device);
        Assert.Equal(7, guest.Vm.ExitCount);
    }

    [KvmFact]
    public void Memory_that_is_not_there_reads_all_ones_and_is_counted_by_page()
    {
        byte[] code =
        [
            0xb8, 0x00, 0x20, 0x00, 0xd0, // mov eax, 0xd0002000
            0x8a, 0x18, // mov bl, [rax]
            0x88, 0x58, 0x05, // mov [rax + 5], bl
            0x88, 0xd8, // mov al, bl
            0x66, 0xba, 0xf8, 0x03, 0xee, // to the serial port
        ];
        using GuestMachine guest = TinyGuest.Machine(code, TinyGuest.Reset).Start();
        IReadOnlyList<ExitStatistic> rows = guest.End().GetExitStatistics();
        Assert.Equal("ÿ", guest.Output());
        Assert.Contains(rows, row => row is { Reason: "MmioRead", Address: 0xd000_2000, Count: 1, Bytes: 1, Device: "unclaimed" });
        Assert.Contains(rows, row => row is { Reason: "MmioWrite", Address: 0xd000_2000, Count: 1 });
    }

    [KvmFact]
    public void A_string_instruction_is_one_exit_of_many_bytes()
    {
        byte[] code =
        [
            0xbe, 0x00, 0x00, 0x10, 0x00, // mov esi, 1 MiB
            0xb9, 0x10, 0x00, 0x00, 0x00, // mov ecx, 16
            0x66, 0xba, 0xf8, 0x03, // mov dx, 0x3f8
            0xf3, 0x6e, // rep outsb
        ];
        using GuestMachine guest = TinyGuest.Machine(code, TinyGuest.Reset).Start();
        ExitStatistic row = guest.End().GetExitStatistics().Single(row => row is { Source: "Vmm", Reason: "IoOut", Address: 0x3f8 });
        Assert.Equal(16, row.Bytes);
        Assert.Equal(System.Text.Encoding.Latin1.GetString([.. code, .. TinyGuest.Reset], 0, 16), guest.Output());
    }

    [KvmFact]
    public void Reading_the_statistics_of_a_running_guest_does_not_stop_it()
    {
        byte[] poll = [0xe4, 0x80, 0xeb, 0xfc]; // in al, 0x80; jmp
        using GuestMachine guest = new(poll);
        guest.Start();
        long last = 0;
        for (int i = 0; i < 20; i++)
        {
            Assert.True(SpinWait.SpinUntil(() => guest.Vm.ExitCount > last, TimeSpan.FromSeconds(10)));
            last = guest.Vm.GetExitStatistics().Single(row => row is { Source: "Vmm", Address: 0x80 }).Count;
        }
        guest.Vm.TurnOff();
        Assert.True(guest.Vm.ExitCount >= last);
    }

    [KvmFact]
    public void The_timeline_has_the_phases_of_a_boot_in_order()
    {
        byte[] marker = [0xb0, 0x7b, 0x66, 0xba, MachinePorts.BootMarker & 0xff, MachinePorts.BootMarker >> 8, 0xee];
        using GuestMachine guest = TinyGuest.Machine(marker, TinyGuest.Print("[    0.000000] Linux version 6.1\nlogin lologin: "), TinyGuest.Reset).Start();
        BootPhase[] phases = [.. guest.End().BootTimeline];
        string[] names = [.. phases.Select(phase => phase.Name)];
        Assert.Equal(["memory", "vm", "devices", "vcpus"], names.Where(name => name is "memory" or "vm" or "devices" or "vcpus"));
        Assert.Equal(["memory", "tables", "kernel"], names.Where(name => name is "memory" or "tables" or "kernel")); // beside the others, on threads of their own
        Assert.Equal(["first-entry", "first-exit", "marker-0x7b", "first-serial-byte", "linux-version", "login-prompt"], names[6..]);
        Assert.Equal(phases.OrderBy(phase => phase.At), phases);
    }
}
