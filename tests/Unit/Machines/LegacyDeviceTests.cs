using PSToyVmm.Engine;
using PSToyVmm.Engine.Consoles;
using PSToyVmm.Engine.Machines;
using Xunit;

namespace PSToyVmm.Tests.Unit.Machines;

/// <summary>Timer, speaker port, clock interrupt and debugging aids as guests meet them.</summary>
public class LegacyDeviceTests
{
    static byte[] Out(byte port, byte value) => [0xb0, value, 0xe6, port]; // mov al, value; out port, al

    static byte[] OutDx(ushort port, byte value) => [0x66, 0xba, (byte)port, (byte)(port >> 8), 0xb0, value, 0xee];

    [KvmFact]
    public void The_speaker_port_is_answered_in_the_kernel()
    {
        byte[] code =
        [
            .. Out(0x61, 0x01), .. Out(0x43, 0xb0), .. Out(0x42, 0x10), .. Out(0x42, 0x00), // channel 2 on, one shot of 16 ticks
            0xe4, 0x61, 0xa8, 0x20, 0x74, 0xfa, // poll: in al, 0x61; test al, 0x20; jz poll: its output is bit 5
            0xe4, 0x61, 0xa8, 0x10, 0x74, 0xfa, // bit 4, the refresh clock, becomes 1
            0xe4, 0x61, 0xa8, 0x10, 0x75, 0xfa, // and 0
            .. TinyGuest.Print("heard"), .. TinyGuest.Reset,
        ];
        using GuestMachine guest = new GuestMachine(code).Start();
        Assert.DoesNotContain(guest.End().GetExitStatistics(), row => row is { Source: "Vmm", Address: 0x61 or 0x42 or 0x43 });
        Assert.Equal("heard", guest.Output());
    }

    [KvmFact]
    public void The_clock_interrupts_by_IRQ_8()
    {
        byte[] code =
        [
            .. Out(0x70, 0x0a), .. Out(0x71, 0x2f), // 2 Hz
            .. Out(0x70, 0x0b), .. Out(0x71, 0x42), // periodic interrupt on
            .. Out(0xa0, 0x0a), // the second PIC's requests are to be read
            0xe4, 0xa0, 0xa8, 0x01, 0x74, 0xfa, // poll: in al, 0xa0; test al, 1; jz poll
            .. TinyGuest.Print("tick"), .. TinyGuest.Reset,
        ];
        using GuestMachine guest = new GuestMachine(code).Start();
        guest.End();
        Assert.Equal("tick", guest.Output());
    }

    [KvmFact]
    public void A_machine_whose_clock_ticks_can_be_stopped_at_any_time()
    {
        byte[] code =
        [
            .. Out(0x70, 0x0a), .. Out(0x71, 0x23), .. Out(0x70, 0x0b), .. Out(0x71, 0x42), .. Out(0x70, 0x0c), // 8 kHz
            0xe4, 0x71, 0xeb, 0xfc, // in al, 0x71; jmp to it: every interrupt is answered
        ];
        using GuestMachine guest = new(code);
        for (int i = 0; i < 20; i++)
        {
            guest.Start();
            Assert.True(SpinWait.SpinUntil(() => guest.Vm.ExitCount > 20 + i % 7 * 300, TimeSpan.FromSeconds(30)));
            guest.Vm.TurnOff();
            Assert.Equal(StopReason.HostStop, guest.Vm.StopReason);
        }
    }

    [KvmFact]
    public void Debugging_aids_are_off_where_nobody_asked_for_them()
    {
        using GuestMachine guest = TinyGuest.Machine(Out(0x80, 0x11), Out(0xe9, (byte)'x'), Out(0xf4, 3), TinyGuest.Reset).Start();
        Assert.Equal((StopReason.GuestReset, (int?)null), (guest.End().StopReason, guest.Vm.ExitCode));
        Assert.All(guest.Vm.Log.Read(), entry => Assert.Equal(MachineLogSource.Vmm, entry.Source));
    }

    [KvmFact]
    public void What_they_are_told_is_in_the_log_between_the_machines_own_events()
    {
        byte[] code = [.. Out(0x80, 0x11), .. Out(0x80, 0x11), .. "hi\r\nlast"u8.ToArray().SelectMany(c => Out(0xe9, c)), .. Out(0x80, 0x12), .. TinyGuest.Reset];
        using GuestMachine guest = new GuestMachine(code, configure: it => it with { DebugConsole = true, PostPort = true }).Start();
        Assert.Equal(
            ["Starting.", "Running.", "POST 0x11", "hi", "POST 0x12", "The guest reset the machine.", "last"],
            guest.End().Log.Read().Select(entry => entry.Text));
    }

    [KvmTheory, InlineData(new byte[] { 0xb0, 0x2a, 0xe6, 0xf4 }, 42), InlineData(new byte[] { 0x31, 0xc0, 0xff, 0xc8, 0xe7, 0xf4 }, -1)] // 8 bits; xor eax, eax; dec eax; out 0xf4, eax
    public void A_debug_exit_ends_the_machine_with_its_code(byte[] code, int exitCode)
    {
        using GuestMachine guest = new GuestMachine([.. code, .. TinyGuest.Spin], configure: it => it with { DebugExitPort = 0xf4 }).Start();
        VirtualMachine vm = guest.End();
        Assert.Equal((MachineState.Off, StopReason.GuestExit, (int?)exitCode), (vm.State, vm.StopReason, vm.ExitCode));
        Assert.Equal($"The guest ended the machine with exit code {exitCode}.", vm.Status);
        vm.Start();
        Assert.Equal(exitCode, guest.End().ExitCode);
    }

    [KvmFact]
    public void The_firmware_configuration_reads_in_one_exit()
    {
        byte[] code =
        [
            0x66, 0xba, 0x10, 0x05, 0x66, 0xb8, 0x20, 0x00, 0x66, 0xef, // mov dx, 0x510; mov ax, 0x20; out dx, ax
            0x66, 0xba, 0x11, 0x05, 0xbf, 0x00, 0x00, 0x20, 0x00, 0xb9, 0x06, 0x00, 0x00, 0x00, 0xf3, 0x6c, // mov dx, 0x511; mov edi, 2 MiB; mov ecx, 6; rep insb
            0x66, 0xba, 0xf8, 0x03, 0xbe, 0x00, 0x00, 0x20, 0x00, 0xb9, 0x06, 0x00, 0x00, 0x00, 0xf3, 0x6e, // to the serial port
            .. TinyGuest.Reset,
        ];
        string path = Path.GetTempFileName();
        File.WriteAllText(path, "hello");
        using GuestMachine guest = new GuestMachine(code, configure: it => it with { FirmwareConfig = new Dictionary<string, FirmwareFile> { ["opt/x"] = new(path) } }).Start();
        guest.End();
        File.Delete(path);
        Assert.Equal("hello\0", guest.Output());
        Assert.Equal(VmErrorId.FileNotFound, Assert.Throws<VmException>(guest.Vm.Start).Id);
    }

    [Theory, InlineData(0x3f5, "serial"), InlineData(0x3ff, "serial"), InlineData(0x5d, "keyboard"), InlineData(0x80, "POST"), InlineData(0x9f, "interrupt"), InlineData(0xcf5, "PCI"), InlineData(0xcfa, "PCI"), InlineData(0xfffd, "0xffff")]
    public void A_debug_exit_that_takes_anothers_port_is_refused(ushort port, string named)
    {
        VmException e = Assert.Throws<VmException>((new MachineConfiguration { Name = "x", KernelPath = "/none", DebugExitPort = port }).Validate);
        Assert.Equal(VmErrorId.PortUnavailable, e.Id);
        Assert.Contains(named, e.Message);
    }

    [Fact]
    public void Firmware_files_are_checked()
    {
        static VmException Check(params (string Name, FirmwareFile File)[] files) => Assert.Throws<VmException>(
            (new MachineConfiguration { Name = "x", KernelPath = "/none", FirmwareConfig = files.ToDictionary(file => file.Name, file => file.File) }).Validate);

        Assert.Equal(VmErrorId.FirmwareFileInvalid, Check(("a b", new([]))).Id);
        Assert.Equal(VmErrorId.FirmwareFileInvalid, Check(("opt/a", new(new byte[FirmwareFile.LargestSize + 1]))).Id);
        Assert.Equal(VmErrorId.FirmwareFileInvalid, Check([.. Enumerable.Range(0, 257).Select(i => ($"opt/{i}", new FirmwareFile([])))]).Id);
        Assert.Equal(VmErrorId.FileNotFound, Check(("opt/a", new("/nowhere"))).Id);
        Assert.Equal(VmErrorId.PathIsDirectory, Check(("opt/a", new("/"))).Id);
        Assert.Equal(VmErrorId.FileNotFound, Check(("opt/a", new([]))).Id); // nothing is wrong but the kernel
    }
}
