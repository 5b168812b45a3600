using System.Text;
using PSToyVmm.Engine;
using PSToyVmm.Engine.Consoles;
using PSToyVmm.Engine.Machines;
using Xunit;

namespace PSToyVmm.Tests.Unit.Machines;

/// <summary>Virtio consoles of real machines.</summary>
public class VirtioConsoleTests
{
    const int Receive = 0, Transmit = 1;

    static GuestMachine Machine(byte[] image, Func<MachineConfiguration, MachineConfiguration>? configure = null) =>
        new(image, configure: plain => (configure ?? (same => same))(plain with { VirtioConsole = true }));

    // Writes its buffer, which begins with "hi!\n", to the console.
    static byte[] Writer(params byte[][] afterwards) => VirtioGuest.Image(
        [
            .. VirtioGuest.InitializeQueue(Transmit),
            .. VirtioGuest.StoreAt(VirtioGuest.Table + 12, 0), // for the device to read
            .. VirtioGuest.StoreAt(VirtioGuest.Table + 8, 4),
            .. VirtioGuest.StoreAt(VirtioGuest.Buffer, BitConverter.ToUInt32("hi!\n"u8)),
            .. VirtioGuest.StoreAt(VirtioGuest.Registers + 0x50, Transmit),
            .. VirtioGuest.AwaitInterrupt,
        ], afterwards);

    static string Text(SerialLog log)
    {
        byte[] bytes = new byte[4096];
        long position = 0;
        return Encoding.Latin1.GetString(bytes, 0, log.Read(ref position, bytes));
    }

    [KvmFact]
    public void A_guest_writes_to_it_and_the_log_goes_on_over_restarts()
    {
        string file = Path.GetTempFileName();
        try
        {
            using GuestMachine guest = Machine(Writer(TinyGuest.Reset), plain => plain with { RebootAction = RebootAction.Restart, VirtioConsoleLogPath = file }).Start();
            Assert.True(SpinWait.SpinUntil(() => guest.Vm.RestartCount >= 3, TimeSpan.FromSeconds(30)), guest.Vm.Status);
            SerialLog log = guest.Vm.FindConsole("hvc0").Log;
            Assert.False(log.IsCompleted);
            guest.Vm.TurnOff();
            Assert.True(log.IsCompleted);
            Assert.StartsWith("hi!\nhi!\nhi!\n", Text(log));
            Assert.Equal(Text(log), File.ReadAllText(file));
            Assert.Equal("", guest.Output()); // it is another console than the serial port
            guest.Vm.Start();
            Assert.False(log.IsCompleted);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [KvmFact]
    public void A_guest_reads_what_was_typed_before_it_was_ready()
    {
        byte[] image = VirtioGuest.Image([.. VirtioGuest.InitializeQueue(Receive), .. VirtioGuest.Notify, .. VirtioGuest.AwaitInterrupt],
            VirtioGuest.Handler, VirtioGuest.Load(VirtioGuest.Buffer), [0xee], TinyGuest.Reset); // out dx, al
        using GuestMachine guest = Machine(image).Start();
        guest.Vm.FindConsole("hvc0").Input.Enqueue(Encoding.ASCII.GetBytes("A".PadRight(0x42)));
        guest.Vm.SerialInput.Enqueue("not this"u8);
        guest.End();
        Assert.Equal("1@A", guest.Output()); // used buffers; 64 bytes of 66; the first
        Assert.Equal(64, guest.Vm.GetDevices().Single().Counters["BytesRead"]);
        Assert.Equal(0, guest.Vm.FindConsole("hvc0").Input.Count); // what is left of the run is not the next one's
    }

    [KvmFact]
    public void A_guest_learns_of_a_resize_and_finds_the_size()
    {
        byte[] image = VirtioGuest.Image([.. VirtioGuest.InitializeQueue(Receive), .. VirtioGuest.AwaitInterrupt],
            VirtioGuest.Handler, VirtioGuest.Load(VirtioGuest.Registers + 0x100), [0xee], TinyGuest.Reset);
        using GuestMachine guest = Machine(image).Start();
        // Again and again: an edge that comes before the guest has opened its interrupt controller is nobody's.
        Assert.True(SpinWait.SpinUntil(() =>
        {
            guest.Vm.FindConsole("hvc0").Resize('W', 24);
            return guest.Vm.WaitFor(MachineState.Off, TimeSpan.FromMilliseconds(50), CancellationToken.None);
        }, TimeSpan.FromSeconds(30)));
        Assert.Equal("2\0W", guest.Output()); // the configuration; no buffer used; columns
        guest.Vm.FindConsole("hvc0").Resize(80, 25); // nobody is there
        Assert.Equal("console", guest.Vm.GetDevices().Single().Name);
    }

    [KvmFact]
    public void A_machine_ends_while_its_guest_writes_and_its_user_types_and_resizes()
    {
        // Writes the same buffer without end: the device has its hands full.
        byte[] again = VirtioGuest.StoreAt(VirtioGuest.Registers + 0x50, Transmit);
        byte[] code = [.. VirtioGuest.InitializeQueue(Transmit), .. again, 0xeb, (byte)-(again.Length + 2)];
        for (int i = 0; i < 10; i++)
        {
            using GuestMachine guest = Machine(VirtioGuest.Image(code)).Start();
            MachineConsole console = guest.Vm.FindConsole("hvc0");
            using CancellationTokenSource stop = new();
            Task user = Task.Run(() =>
            {
                while (!stop.IsCancellationRequested)
                {
                    console.Input.Enqueue("x"u8);
                    console.Resize(80, 25);
                }
            });
            Thread.Yield();
            guest.Vm.TurnOff();
            stop.Cancel();
            Assert.True(user.Wait(TimeSpan.FromSeconds(30)));
            Assert.Equal(StopReason.HostStop, guest.Vm.StopReason);
        }
    }

    [Fact]
    public void A_port_that_is_not_there_is_an_error_that_says_what_is()
    {
        using GuestMachine plain = new(TinyGuest.Halt), both = Machine(TinyGuest.Halt);
        Assert.Same(both.Vm.SerialLog, both.Vm.FindConsole("ttys0").Log);
        Assert.Equal(["ttyS0"], plain.Vm.Consoles.Select(console => console.Port));
        VmException missing = Assert.Throws<VmException>(() => plain.Vm.FindConsole("hvc0")), unknown = Assert.Throws<VmException>(() => both.Vm.FindConsole("ttyS1"));
        Assert.Equal((VmErrorId.ConsolePortNotFound, VmErrorKind.NotFound), (missing.Id, missing.Kind));
        Assert.Contains("-VirtioConsole", missing.Message);
        Assert.Equal("'tiny' has no console 'ttyS1'; it has ttyS0 and hvc0.", unknown.Message);
        plain.Vm.Reconfigure(configuration => configuration with { VirtioConsole = true });
        Assert.Equal("hvc0", plain.Vm.FindConsole("HVC0").Port);
    }

    [Fact]
    public void Two_consoles_have_two_files()
    {
        string path = Path.Combine(Path.GetTempPath(), $"pstoyvmm-{Guid.NewGuid():n}");
        VmException e = Assert.Throws<VmException>(() => Machine(TinyGuest.Halt, plain => plain with { SerialLogPath = path, VirtioConsoleLogPath = path }));
        Assert.Equal(VmErrorId.FileUnwritable, e.Id);
        e = Assert.Throws<VmException>(() => Machine(TinyGuest.Halt, plain => plain with { VirtioConsoleLogPath = Path.GetTempPath() }));
        Assert.Equal(VmErrorId.FileUnwritable, e.Id);
        Assert.False(File.Exists(path));
    }
}
