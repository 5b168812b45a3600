using PSToyVmm.Engine;
using PSToyVmm.Engine.Machines;
using Xunit;

namespace PSToyVmm.Tests.Unit.Machines;

public class RestartTests
{
    // The keyboard and its interrupt switched on, then: reset when a key is pressed.
    static readonly byte[] s_resetAtKey =
    [
        0xb0, 0x60, 0xe6, 0x64, 0xb0, 0x01, 0xe6, 0x60, // the controller's command byte: interrupt 1 on, keyboard on
        0xe4, 0x64, 0xa8, 0x01, 0x74, 0xfa, 0xe4, 0x60, // poll: in al, 0x64; test al, 1; jz poll; in al, 0x60
        .. TinyGuest.Reset,
    ];

    static GuestMachine Machine(RebootAction action, params byte[][] code) =>
        new([.. code.SelectMany(c => c)], configure: plain => plain with { RebootAction = action });

    static void WaitFor(Func<bool> condition, VirtualMachine vm) =>
        Assert.True(SpinWait.SpinUntil(condition, TimeSpan.FromSeconds(30)), $"{vm.State}: {vm.Status}");

    [KvmFact]
    public void A_machine_restarts_by_default_as_often_as_its_guest_resets_it_and_can_be_turned_off_all_the_same()
    {
        Assert.Equal(RebootAction.Restart, new MachineConfiguration { Name = "x", KernelPath = "x" }.RebootAction);
        using GuestMachine guest = Machine(RebootAction.Restart, TinyGuest.Print("x"), TinyGuest.Reset).Start();
        WaitFor(() => guest.Vm.RestartCount >= 5, guest.Vm);
        guest.Vm.TurnOff();
        Assert.Equal(MachineState.Off, guest.Vm.State);
        int restarts = guest.Vm.RestartCount;
        Assert.InRange(guest.Output().Length, restarts, restarts + 1); // the console stayed open through all of them
        Thread.Sleep(50);
        Assert.Equal((MachineState.Off, restarts), (guest.Vm.State, guest.Vm.RestartCount));
    }

    [KvmFact]
    public void The_reset_button_starts_it_anew_in_place()
    {
        using GuestMachine guest = Machine(RebootAction.Stop, TinyGuest.Print("x"), TinyGuest.Spin).Start();
        for (int i = 1; i <= 3; i++)
        {
            WaitFor(() => guest.Vm.SerialLog.End == i, guest.Vm);
            guest.Vm.Reset();
            Assert.Equal((MachineState.Running, i), (guest.Vm.State, guest.Vm.RestartCount));
        }
        WaitFor(() => guest.Output() == "xxxx", guest.Vm);
    }

    [KvmFact]
    public void A_guest_asked_to_restart_by_the_keyboard_does_so_whatever_it_would_do_by_itself()
    {
        using GuestMachine guest = Machine(RebootAction.Stop, TinyGuest.Print("x"), s_resetAtKey).Start();
        WaitFor(() => guest.Vm.GetExitStatistics().Any(row => row.Device == "i8042" && row.Reason == "IoIn"), guest.Vm);
        Assert.Equal(ShutdownOutcome.CtrlAltDelete, guest.Vm.TryRestart(TimeSpan.FromSeconds(30), CancellationToken.None));
        Assert.Equal((MachineState.Running, 1), (guest.Vm.State, guest.Vm.RestartCount));
    }

    [KvmFact]
    public void A_guest_asked_to_shut_down_that_resets_is_off_though_it_would_restart_by_itself()
    {
        using GuestMachine guest = Machine(RebootAction.Restart, TinyGuest.Print("x"), s_resetAtKey).Start();
        WaitFor(() => guest.Vm.GetExitStatistics().Any(row => row.Device == "i8042" && row.Reason == "IoIn"), guest.Vm);
        Assert.Equal(ShutdownOutcome.CtrlAltDelete, guest.Vm.TryShutDown(TimeSpan.FromSeconds(30), CancellationToken.None));
        Assert.Equal((MachineState.Off, StopReason.GuestReset), (guest.Vm.State, guest.Vm.StopReason));
    }

    [KvmFact]
    public void A_fault_is_not_restarted()
    {
        using GuestMachine guest = Machine(RebootAction.Restart, TinyGuest.TripleFault).Start();
        Assert.Equal(MachineState.Faulted, guest.End().State);
    }

    [KvmFact]
    public void A_restart_that_fails_says_so_to_whoever_asked_and_the_machine_is_off()
    {
        using GuestMachine guest = Machine(RebootAction.Restart, TinyGuest.Print("x"), TinyGuest.Spin).Start();
        File.Move(guest.Vm.Configuration.KernelPath, guest.Vm.Configuration.KernelPath + ".away");
        Assert.Equal(VmErrorId.FileNotFound, Assert.Throws<VmException>(guest.Vm.Reset).Id);
        Assert.Equal(MachineState.Off, guest.Vm.State);
        Assert.StartsWith("Could not restart", guest.Vm.Status);
        Assert.Equal(VmErrorId.VmNotRunning, Assert.Throws<VmException>(guest.Vm.Reset).Id);
        File.Move(guest.Vm.Configuration.KernelPath + ".away", guest.Vm.Configuration.KernelPath);
        guest.Start();
    }

    [KvmFact]
    public void A_machine_that_is_removed_while_it_restarts_is_gone()
    {
        for (int i = 0; i < 10; i++)
        {
            GuestMachine guest = Machine(RebootAction.Restart, TinyGuest.Reset).Start();
            Thread.Sleep(i);
            guest.Dispose();
            Assert.Equal(MachineState.Off, guest.Vm.State);
        }
    }
}
