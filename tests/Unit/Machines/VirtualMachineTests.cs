using System.Diagnostics;
using PSToyVmm.Engine;
using PSToyVmm.Engine.Machines;
using Xunit;

namespace PSToyVmm.Tests.Unit.Machines;

public class VirtualMachineTests
{
    [KvmFact]
    public void A_guest_prints_and_resets()
    {
        using GuestMachine guest = TinyGuest.Machine(TinyGuest.Print("hello"), TinyGuest.Reset).Start();
        VirtualMachine vm = guest.End();
        Assert.Equal("hello", guest.Output());
        Assert.Equal((MachineState.Off, StopReason.GuestReset), (vm.State, vm.StopReason));
        Assert.Null(vm.Fault);
    }

    [KvmFact]
    public void A_guest_that_switches_the_power_off_is_off()
    {
        byte[] powerOff = [0x66, 0xba, 0x00, 0x06, 0xb0, 0x34, 0xee, 0xeb, 0xfe]; // mov dx, 0x600; mov al, SLP_EN | 5 << 2; out dx, al
        using GuestMachine guest = TinyGuest.Machine(powerOff).Start();
        Assert.Equal(StopReason.GuestPowerOff, guest.End().StopReason);
    }

    [KvmTheory]
    [InlineData(new byte[] { 0xeb, 0xfe })] // jmp $
    [InlineData(new byte[] { 0xfa, 0xf4, 0xeb, 0xfd })] // cli; hlt
    [InlineData(new byte[] { 0xe4, 0x64, 0xeb, 0xfc })] // in al, 0x64; jmp
    public void The_plug_can_be_pulled_whatever_the_guest_does(byte[] code)
    {
        using GuestMachine guest = new(code);
        for (int i = 0; i < 5; i++)
        {
            guest.Start();
            guest.Vm.TurnOff();
            Assert.Equal((MachineState.Off, StopReason.HostStop), (guest.Vm.State, guest.Vm.StopReason));
        }
    }

    [KvmFact]
    public void A_triple_fault_is_a_fault_with_a_dump()
    {
        using GuestMachine guest = TinyGuest.Machine(TinyGuest.TripleFault).Start();
        VirtualMachine vm = guest.End();
        Assert.Equal((MachineState.Faulted, StopReason.TripleFault), (vm.State, vm.StopReason));
        Assert.Contains("rip=", vm.Fault!.Registers);
        Assert.Contains("triple fault", vm.Status);
    }

    [KvmFact]
    public void A_jump_into_nowhere_is_an_emulation_failure_or_a_fault_and_never_silent()
    {
        byte[] jump = [0x48, 0xc7, 0xc0, 0x00, 0x00, 0x00, 0x40, 0xff, 0xe0]; // mov rax, 1 GiB; jmp rax: no memory there
        using GuestMachine guest = TinyGuest.Machine(jump).Start();
        VirtualMachine vm = guest.End();
        Assert.Equal(MachineState.Faulted, vm.State);
        Assert.Contains(vm.StopReason, new[] { StopReason.EmulationFailure, StopReason.InternalError, StopReason.TripleFault });
        Assert.NotEmpty(vm.Status);
    }

    [KvmFact]
    public void A_machine_starts_again_and_its_scrollback_goes_on()
    {
        using GuestMachine guest = TinyGuest.Machine(TinyGuest.Print("x"), TinyGuest.Reset);
        for (int i = 0; i < 3; i++) guest.Start().End();
        Assert.Equal("xxx", guest.Output());
    }

    [KvmFact]
    public void What_is_typed_reaches_the_guest_in_order_and_whole()
    {
        using GuestMachine guest = TinyGuest.Machine(TinyGuest.Echo).Start();
        string text = string.Concat(Enumerable.Range(0, 200).Select(i => $"line {i}\r"));
        guest.Vm.SerialInput.Enqueue(System.Text.Encoding.ASCII.GetBytes(text));
        SpinWait.SpinUntil(() => guest.Vm.SerialLog.End >= text.Length, TimeSpan.FromSeconds(30));
        Assert.Equal(text, guest.Output());
    }

    [KvmFact]
    public void A_running_machine_is_not_started_twice()
    {
        using GuestMachine guest = TinyGuest.Machine(TinyGuest.Halt).Start();
        Assert.Equal(VmErrorId.VmAlreadyRunning, Assert.Throws<VmException>(guest.Vm.Start).Id);
    }

    [KvmFact]
    public void A_removed_machine_is_not_started()
    {
        using GuestMachine guest = TinyGuest.Machine(TinyGuest.Halt).Start();
        guest.Vm.Dispose();
        guest.Vm.Dispose();
        Assert.Equal(VmErrorId.VmRemoved, Assert.Throws<VmException>(guest.Vm.Start).Id);
    }

    [KvmFact]
    public void State_changes_arrive_in_order_and_a_handler_may_call_back()
    {
        using GuestMachine guest = TinyGuest.Machine(TinyGuest.Halt);
        List<MachineState> seen = [];
        using ManualResetEventSlim off = new();
        guest.Vm.StateChanged += (sender, change) =>
        {
            var state = change.State;
            seen.Add(state);
            if (state == MachineState.Running) ((VirtualMachine)sender!).TurnOff();
            if (state == MachineState.Off) off.Set();
        };
        guest.Start();
        Assert.True(off.Wait(TimeSpan.FromSeconds(30)));
        Assert.Equal([MachineState.Starting, MachineState.Running, MachineState.Stopping, MachineState.Off], seen);
    }

    [KvmFact]
    public void A_change_of_state_is_told_as_it_was()
    {
        using GuestMachine guest = TinyGuest.Machine(TinyGuest.Halt);
        List<MachineStateChange> seen = [];
        using ManualResetEventSlim off = new();
        guest.Vm.StateChanged += (_, change) =>
        {
            seen.Add(change);
            if (change.State == MachineState.Off) off.Set();
        };
        guest.Start();
        guest.Vm.TurnOff();
        Assert.True(off.Wait(TimeSpan.FromSeconds(30)));
        Assert.Equal(new(MachineState.Off, MachineState.Stopping, StopReason.HostStop, guest.Vm.Status), seen[^1]);
        Assert.Equal([MachineState.Off, MachineState.Starting, MachineState.Running, MachineState.Stopping], seen.Select(change => change.Previous));
    }

    [KvmFact]
    public void A_crash_is_told_before_the_end_of_its_run()
    {
        using GuestMachine guest = TinyGuest.Machine(TinyGuest.Print("Kernel panic - not syncing: x\n"), [0x66, 0xba, 0x00, 0x06, 0xb0, 0x34, 0xee, 0xf4]); // mov dx, 0x600; mov al, 0x34; out dx, al: off
        List<string> seen = [];
        using ManualResetEventSlim off = new();
        guest.Vm.GuestCrashed += (_, words) => seen.Add(words);
        guest.Vm.StateChanged += (_, change) =>
        {
            seen.Add($"{change.State}");
            if (change.State == MachineState.Off) off.Set();
        };
        guest.Start();
        Assert.True(off.Wait(TimeSpan.FromSeconds(30)));
        seen.RemoveAll(word => word is "Starting" or "Running");
        Assert.Equal(["Kernel panic - not syncing: x", "Stopping", "Off"], seen);
    }

    [KvmFact]
    public void A_wait_that_is_cancelled_leaves_the_machine_alone()
    {
        using GuestMachine guest = TinyGuest.Machine(TinyGuest.Halt).Start();
        using CancellationTokenSource stop = new(TimeSpan.FromMilliseconds(50));
        Assert.Throws<OperationCanceledException>(() => guest.Vm.WaitFor(MachineState.Off, Timeout.InfiniteTimeSpan, stop.Token));
        Assert.False(guest.Vm.WaitFor(MachineState.Off, TimeSpan.FromMilliseconds(20), CancellationToken.None));
        Assert.Equal(MachineState.Running, guest.Vm.State);
    }

    [KvmFact]
    public void A_guest_that_cannot_hear_is_not_shut_down()
    {
        using GuestMachine guest = TinyGuest.Machine(TinyGuest.Halt).Start();
        long began = Stopwatch.GetTimestamp();
        Assert.Equal(ShutdownOutcome.NotHeard, guest.Vm.TryShutDown(TimeSpan.FromMinutes(1), CancellationToken.None));
        Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(20), "it waited for a guest without a keyboard driver");
    }

    [KvmFact]
    public void A_start_that_fails_leaves_a_machine_that_can_be_tried_again()
    {
        using GuestMachine guest = TinyGuest.Machine(TinyGuest.Reset);
        string kernel = guest.Vm.Configuration.KernelPath;
        File.Move(kernel, kernel + ".away");
        Assert.Equal(VmErrorId.FileNotFound, Assert.Throws<VmException>(guest.Vm.Start).Id);
        Assert.Equal(MachineState.Off, guest.Vm.State);
        File.Move(kernel + ".away", kernel);
        guest.Start().End();
    }
}
