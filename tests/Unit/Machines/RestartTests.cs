using PSToyVmm.Engine;
using PSToyVmm.Engine.Machines;
using PSToyVmm.Engine.Vcpus;
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

    // The input of ACPI's request unmasked at the I/O APIC.
    static readonly byte[] s_hearAcpi =
    [
        0xbb, 0x00, 0x00, 0xc0, 0xfe, // mov ebx, 0xfec00000
        0xc7, 0x03, (byte)(0x10 + 2 * MachineFirmware.ShutdownRequestGsi), 0, 0, 0, // mov dword [rbx], its entry's register
        0xc7, 0x43, 0x10, 0x2a, 0, 0, 0, // mov dword [rbx + 16], vector 0x2a
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
    public void Ctrl_Alt_Del_is_pressed_where_somebody_listens()
    {
        using GuestMachine guest = Machine(RebootAction.Stop, TinyGuest.Print("x"), s_resetAtKey).Start();
        WaitFor(() => guest.Vm.GetExitStatistics().Any(row => row.Device == "i8042" && row.Reason == "IoIn"), guest.Vm);
        Assert.True(guest.Vm.PressCtrlAltDelete());
        Assert.True(guest.Vm.WaitFor(MachineState.Off, TimeSpan.FromSeconds(30), CancellationToken.None));
        Assert.Equal(StopReason.GuestReset, guest.Vm.StopReason);
        Assert.Equal(VmErrorId.VmNotRunning, Assert.Throws<VmException>(() => guest.Vm.PressCtrlAltDelete()).Id);
        using GuestMachine deaf = TinyGuest.Machine(TinyGuest.Halt).Start();
        Assert.False(deaf.Vm.PressCtrlAltDelete());
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

    [KvmFact]
    public void A_guest_that_resets_all_the_time_is_off_when_it_was_asked_to_shut_down_or_has_heard_nothing_of_it()
    {
        using GuestMachine guest = Machine(RebootAction.Restart, TinyGuest.Reset);
        for (int i = 0; i < 20; i++)
        {
            guest.Start();
            Thread.Sleep(i % 5);
            try
            {
                Assert.Equal(ShutdownOutcome.NotHeard, guest.Vm.TryShutDown(TimeSpan.FromSeconds(30), CancellationToken.None));
            }
            catch (VmException e) when (e.Id == VmErrorId.VmNotRunning)
            {
                Assert.Equal(MachineState.Off, guest.Vm.State);
            }
            guest.Vm.TurnOff();
        }
    }

    [KvmFact]
    public void A_restart_that_was_asked_for_and_fails_says_so_too()
    {
        using GuestMachine guest = Machine(RebootAction.Stop, s_resetAtKey).Start();
        WaitFor(() => guest.Vm.GetExitStatistics().Any(row => row.Device == "i8042" && row.Reason == "IoIn"), guest.Vm);
        File.Delete(guest.Vm.Configuration.KernelPath);
        VmException failure = Assert.Throws<VmException>(() => guest.Vm.TryRestart(TimeSpan.FromSeconds(30), CancellationToken.None));
        Assert.Equal((VmErrorId.FileNotFound, MachineState.Off), (failure.Id, guest.Vm.State));
    }

    [KvmFact]
    public void A_guest_may_be_given_all_the_time_there_is()
    {
        using GuestMachine guest = Machine(RebootAction.Stop, s_hearAcpi, TinyGuest.Print("x"), TinyGuest.Halt).Start();
        WaitFor(() => guest.Output() == "x", guest.Vm);
        using CancellationTokenSource stop = new(TimeSpan.FromMilliseconds(300));
        Assert.Throws<OperationCanceledException>(() => guest.Vm.TryShutDown(Timeout.InfiniteTimeSpan, stop.Token));
    }

    [KvmTheory]
    [InlineData(true, ShutdownOutcome.Unanswered)]
    [InlineData(false, ShutdownOutcome.NotHeard)]
    public void Only_a_guest_with_acpi_is_sent_its_interrupt(bool acpi, ShutdownOutcome expected)
    {
        using GuestMachine guest = new([.. s_hearAcpi, .. TinyGuest.Print("x"), .. TinyGuest.Halt], configure: plain => plain with { Acpi = acpi });
        WaitFor(() => guest.Output() == "x", guest.Start().Vm);
        Assert.Equal(expected, guest.Vm.TryShutDown(TimeSpan.FromMilliseconds(100), CancellationToken.None));
    }

    [KvmFact]
    public void A_machine_whose_threads_cannot_be_had_is_not_running_when_its_parts_are_given_back()
    {
        List<MachineState> seen = [];
        VirtualMachine? machine = null;
        BrokenHost host = new(() => seen.Add(machine!.State));
        string kernel = Path.GetTempFileName();
        File.WriteAllBytes(kernel, TinyGuest.Elf(TinyGuest.Spin));
        using (machine = new VirtualMachine(new() { Name = "tiny", KernelPath = kernel, MemoryBytes = 16 << 20, ProcessorCount = 2 }, host))
        {
            Assert.Throws<InvalidOperationException>(machine.Start);
            Assert.Equal(MachineState.Off, machine.State);
        }
        File.Delete(kernel);
        Assert.Equal([MachineState.Stopping], seen);
    }

    [KvmFact]
    public void A_thread_that_cannot_be_given_back_ends_the_machine_only()
    {
        string kernel = Path.GetTempFileName();
        File.WriteAllBytes(kernel, TinyGuest.Elf(TinyGuest.Reset));
        BrokenHost host = new(() => throw new InvalidOperationException("kept for ever"));
        using VirtualMachine machine = new(new() { Name = "tiny", KernelPath = kernel, MemoryBytes = 16 << 20, RebootAction = RebootAction.Stop }, host);
        machine.Start();
        Assert.True(machine.WaitFor(MachineState.Off, TimeSpan.FromSeconds(30), CancellationToken.None));
        File.Delete(kernel);
        Assert.Contains(machine.Log.Read(), entry => entry.Text.Contains("kept for ever", StringComparison.Ordinal));
    }

    /// <summary>Has a thread for the first vCPU only.</summary>
    sealed class BrokenHost(Action given) : IVcpuHost
    {
        readonly ThreadVcpuHost _host = new();

        public IVcpuThread Start(string name, Action body) =>
            name.EndsWith('0') ? new Reporting(_host.Start(name, body), given) : throw new InvalidOperationException("no more threads");

        sealed class Reporting(IVcpuThread thread, Action given) : IVcpuThread
        {
            public bool Join(TimeSpan timeout) => thread.Join(timeout);

            public void Dispose() => given();
        }
    }
}
