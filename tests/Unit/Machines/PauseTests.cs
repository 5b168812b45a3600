using PSToyVmm.Engine;
using PSToyVmm.Engine.Machines;
using PSToyVmm.Engine.Vcpus;
using Xunit;

namespace PSToyVmm.Tests.Unit.Machines;

public class PauseTests
{
    const ulong Counter = 0x20_0000;

    // Counts in memory, without ever leaving the guest.
    static readonly byte[] s_count = [0xff, 0x04, 0x25, 0x00, 0x00, 0x20, 0x00, 0xeb, 0xf7]; // inc dword [0x200000]; jmp to it

    // The same, and an exit after each step, so that a pause may find a half-done instruction: rep outsb of 16 bytes.
    static readonly byte[] s_countAndLeave =
    [
        0xff, 0x04, 0x25, 0x00, 0x00, 0x20, 0x00, // inc dword [0x200000]
        0xbe, 0x00, 0x00, 0x10, 0x00, // mov esi, 0x100000
        0xb9, 0x10, 0x00, 0x00, 0x00, // mov ecx, 16
        0x66, 0xba, 0xed, 0x00, // mov dx, 0xed: nobody there
        0xf3, 0x6e, // rep outsb
        0x66, 0xba, 0xfd, 0x03, 0xec, // mov dx, 0x3fd; in al, dx
        0x3c, 0x60, // cmp al, 0x60: the transmitter is empty
        0x74, 0xe0, // je to the start
        0x0f, 0x0b, // ud2: the answer was lost
    ];

    static uint Count(VirtualMachine vm) => BitConverter.ToUInt32(vm.ReadMemory(Counter, 4));

    static void WaitFor(Func<bool> condition, VirtualMachine vm) =>
        Assert.True(SpinWait.SpinUntil(condition, TimeSpan.FromSeconds(30)), $"{vm.State}: {vm.Status}");

    static void AssertHeldAndResumed(VirtualMachine vm)
    {
        vm.Suspend();
        Assert.Equal(MachineState.Paused, vm.State);
        uint before = Count(vm);
        Thread.Sleep(20);
        Assert.Equal(before, Count(vm));
        vm.Resume();
        Assert.Equal(MachineState.Running, vm.State);
        WaitFor(() => Count(vm) != before, vm);
    }

    [KvmTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_counter_stands_still_while_its_guest_is_paused_and_goes_on_after(bool leaves)
    {
        using GuestMachine guest = TinyGuest.Machine(leaves ? s_countAndLeave : s_count).Start();
        WaitFor(() => Count(guest.Vm) > 0, guest.Vm);
        for (int i = 0; i < 20; i++) AssertHeldAndResumed(guest.Vm);
    }

    [KvmFact]
    public void No_exit_is_lost_or_done_twice_by_a_thousand_pauses()
    {
        byte[] print = [.. TinyGuest.Print("0123456789"), 0xeb, 0xdc]; // and again, for ever: jmp back over 36 bytes
        using GuestMachine guest = TinyGuest.Machine(print).Start();
        for (int i = 0; i < 1000; i++)
        {
            guest.Vm.Suspend();
            guest.Vm.Resume();
        }
        guest.Vm.TurnOff();
        string written = guest.Output();
        Assert.Equal(string.Concat(Enumerable.Repeat("0123456789", (written.Length / 10) + 1))[..written.Length], written);
    }

    [KvmFact]
    public void What_the_guest_left_for_is_completed_before_its_registers_are_read()
    {
        byte[] poll = [0x66, 0xba, 0xfd, 0x03, 0x48, 0xff, 0xc1, 0xec, 0xeb, 0xfa]; // mov dx, 0x3fd; x: inc rcx; in al, dx; jmp x
        const ulong In = TinyGuest.Base + 7;
        using GuestMachine guest = TinyGuest.Machine(poll).Start();
        WaitFor(() => guest.Vm.ExitCount > 10, guest.Vm);
        for (int i = 0; i < 200; i++)
        {
            guest.Vm.Suspend();
            ProcessorRegisters registers = guest.Vm.ReadRegisters()[0];
            ulong served = (ulong)guest.Vm.GetExitStatistics().Single(row => row is { Source: "Vmm", Reason: "IoIn" }).Count;
            Assert.Equal(registers.Rip == In ? served + 1 : served, registers.Rcx);
            guest.Vm.Resume();
        }
    }

    [KvmFact]
    public void A_halted_guest_is_paused_and_halts_on()
    {
        using GuestMachine guest = TinyGuest.Machine(TinyGuest.Print("x"), TinyGuest.Halt).Start();
        WaitFor(() => guest.Output() == "x", guest.Vm);
        long exits = 0;
        for (int i = 0; i < 20; i++)
        {
            guest.Vm.Suspend();
            guest.Vm.Resume();
            exits = guest.Vm.ExitCount;
        }
        Thread.Sleep(20);
        Assert.InRange(guest.Vm.ExitCount, exits, exits + 1); // it does not spin: the kick of the last pause may be counted late
    }

    [KvmFact]
    public void Thirty_two_processors_are_held_also_those_that_wait_to_be_woken()
    {
        using GuestMachine guest = new(s_count, configure: plain => plain with { ProcessorCount = 32 });
        guest.Start();
        WaitFor(() => Count(guest.Vm) > 0, guest.Vm);
        for (int i = 0; i < 5; i++) AssertHeldAndResumed(guest.Vm);
        guest.Vm.Suspend();
        guest.Vm.TurnOff();
        Assert.Equal(MachineState.Off, guest.Vm.State);
    }

    [KvmFact]
    public void Who_waits_for_somebody_who_holds_the_processors_for_long_can_be_stopped()
    {
        using GuestMachine guest = TinyGuest.Machine(s_count).Start();
        using ManualResetEventSlim holds = new(), end = new();
        Task<bool> dump = Task.Run(() => guest.Vm.WhileHeld(_ =>
        {
            holds.Set();
            return end.Wait(TimeSpan.FromSeconds(60));
        }, CancellationToken.None));
        Assert.True(holds.Wait(TimeSpan.FromSeconds(30)));
        Action<CancellationToken>[] all =
        [
            guest.Vm.Suspend,
            guest.Vm.Resume,
            stop => guest.Vm.ReadRegisters([], stop),
            stop => guest.Vm.InjectNonMaskableInterrupt([], stop),
            stop => guest.Vm.ReadVirtualMemory(Counter, 4, stop: stop),
        ];
        foreach (Action<CancellationToken> action in all)
        {
            using CancellationTokenSource stop = new(TimeSpan.FromMilliseconds(20));
            Assert.ThrowsAny<OperationCanceledException>(() => action(stop.Token));
        }
        Assert.Equal(guest.Vm.MemoryAssigned, guest.Vm.Measure().MemoryAssigned); // who only looks does not wait
        Assert.NotEmpty(guest.Vm.ReadMemory(Counter, 4));
        end.Set();
        Assert.True(dump.GetAwaiter().GetResult());
        AssertHeldAndResumed(guest.Vm);
    }

    [KvmFact]
    public void Who_waits_for_a_machine_on_its_way_can_be_stopped()
    {
        using ManualResetEventSlim go = new();
        using GuestMachine guest = new(s_count, host: new SlowHost(go));
        guest.Start(); // but none of its processors has begun
        using CancellationTokenSource stop = new(TimeSpan.FromMilliseconds(20));
        Assert.ThrowsAny<OperationCanceledException>(() => guest.Vm.Suspend(stop.Token));
        go.Set();
        WaitFor(() => Count(guest.Vm) > 0, guest.Vm); // nobody holds it
    }

    [KvmFact]
    public void Time_in_a_pause_is_no_uptime()
    {
        using GuestMachine guest = TinyGuest.Machine(TinyGuest.Halt).Start();
        guest.Vm.Suspend();
        TimeSpan paused = guest.Vm.Uptime;
        Thread.Sleep(50);
        Assert.Equal(paused, guest.Vm.Uptime);
        guest.Vm.Resume();
        Assert.InRange(guest.Vm.Uptime, paused, paused + TimeSpan.FromSeconds(20));
        WaitFor(() => guest.Vm.Uptime > paused, guest.Vm);
        guest.Vm.Suspend();
        paused = guest.Vm.Uptime;
        Thread.Sleep(20);
        guest.Vm.TurnOff();
        Assert.Equal(paused, guest.Vm.Uptime);
    }

    [KvmFact]
    public void Pausing_a_paused_machine_and_resuming_a_running_one_do_nothing()
    {
        using GuestMachine guest = TinyGuest.Machine(TinyGuest.Halt).Start();
        guest.Vm.Resume();
        Assert.Equal(MachineState.Running, guest.Vm.State);
        guest.Vm.Suspend();
        guest.Vm.Suspend();
        Assert.Equal(MachineState.Paused, guest.Vm.State);
        guest.Vm.Resume();
        Assert.Equal(MachineState.Running, guest.Vm.State);
    }

    [KvmFact]
    public void A_machine_that_is_off_is_neither_paused_nor_resumed()
    {
        using GuestMachine guest = TinyGuest.Machine(TinyGuest.Halt);
        Assert.Equal(VmErrorId.VmNotRunning, Assert.Throws<VmException>(() => guest.Vm.Suspend()).Id);
        Assert.Equal(VmErrorId.VmNotRunning, Assert.Throws<VmException>(() => guest.Vm.Resume()).Id);
        guest.Start().Vm.Suspend();
        guest.Vm.TurnOff();
        Assert.Equal(VmErrorId.VmNotRunning, Assert.Throws<VmException>(() => guest.Vm.Resume()).Id);
    }

    [KvmFact]
    public void A_paused_machine_can_be_reset_turned_off_and_disposed_of()
    {
        using GuestMachine guest = TinyGuest.Machine(s_count).Start();
        guest.Vm.Suspend();
        guest.Vm.Reset();
        Assert.Equal((MachineState.Running, 1), (guest.Vm.State, guest.Vm.RestartCount));
        WaitFor(() => Count(guest.Vm) > 0, guest.Vm);
        guest.Vm.Suspend();
        guest.Vm.TurnOff();
        Assert.Equal((MachineState.Off, StopReason.HostStop), (guest.Vm.State, guest.Vm.StopReason));
        guest.Start().Vm.Suspend();
        guest.Vm.Dispose();
        Assert.Equal(MachineState.Off, guest.Vm.State);
    }

    [KvmFact]
    public void A_paused_guest_is_not_asked_and_does_afterwards_as_if_it_had_not_been()
    {
        using GuestMachine guest = new([.. TinyGuest.Print("x"), .. TinyGuest.Halt], configure: plain => plain with { RebootAction = RebootAction.Restart });
        guest.Start().Vm.Suspend();
        Assert.Equal(VmErrorId.VmPaused, Assert.Throws<VmException>(() => guest.Vm.TryShutDown(TimeSpan.FromSeconds(1), CancellationToken.None)).Id);
        Assert.Equal(VmErrorId.VmPaused, Assert.Throws<VmException>(() => guest.Vm.TryRestart(TimeSpan.FromSeconds(1), CancellationToken.None)).Id);
        Assert.Equal(MachineState.Paused, guest.Vm.State);
        guest.Vm.Resume();
        Assert.Equal(ShutdownOutcome.NotHeard, guest.Vm.TryShutDown(TimeSpan.FromSeconds(1), CancellationToken.None));
    }

    [KvmFact]
    public void A_guest_that_resets_all_the_time_does_not_escape()
    {
        using GuestMachine guest = new(TinyGuest.Reset, configure: plain => plain with { RebootAction = RebootAction.Restart });
        guest.Start();
        for (int i = 0; i < 50; i++)
        {
            guest.Vm.Suspend();
            Assert.Equal(MachineState.Paused, guest.Vm.State);
            int restarts = guest.Vm.RestartCount;
            Thread.Sleep(5);
            Assert.Equal((MachineState.Paused, restarts), (guest.Vm.State, guest.Vm.RestartCount));
            guest.Vm.Resume();
            WaitFor(() => guest.Vm.RestartCount > restarts, guest.Vm);
        }
    }

    // Guests that end by themselves, paused and resumed by two, turned off and started again by a third.
    [KvmTheory]
    [InlineData(new byte[] { 0xb0, 0xfe, 0xe6, 0x64, 0xeb, 0xfe })] // resets at once
    [InlineData(new byte[] { 0xb9, 0x00, 0x10, 0x00, 0x00, 0xff, 0xc9, 0xe4, 0x64, 0x75, 0xfa, 0xb0, 0xfe, 0xe6, 0x64, 0xeb, 0xfe })] // after some exits
    [InlineData(new byte[] { 0x66, 0xba, 0x00, 0x06, 0xb0, 0x34, 0xee, 0xeb, 0xfe })] // switches the power off
    [InlineData(new byte[] { 0x0f, 0x0b })] // faults
    [InlineData(new byte[] { 0xf4, 0xeb, 0xfd })] // halts
    public void Whoever_is_first_nobody_hangs(byte[] code)
    {
        using GuestMachine guest = new(code, configure: plain => plain with { RebootAction = RebootAction.Restart });
        using CancellationTokenSource over = new(TimeSpan.FromSeconds(3));
        int pauses = 0;
        Task[] all =
        [
            .. Enumerable.Range(0, 2).Select(_ => Race(() => { guest.Vm.Suspend(); Interlocked.Increment(ref pauses); guest.Vm.Resume(); })),
            Race(() => { Thread.Sleep(Random.Shared.Next(3)); guest.Vm.TurnOff(); guest.Vm.Start(); }),
            Race(() => { guest.Vm.Suspend(); guest.Vm.Reset(); }),
        ];
        Assert.True(Task.WaitAll(all, TimeSpan.FromSeconds(60)), $"hangs: {guest.Vm.State}: {guest.Vm.Status}");
        guest.Vm.TurnOff();
        Assert.True(guest.Vm.State is MachineState.Off or MachineState.Faulted);
        Assert.NotEqual(0, pauses);

        Task Race(Action step) => Task.Factory.StartNew(() =>
        {
            while (!over.IsCancellationRequested)
            {
                try
                {
                    step();
                }
                catch (VmException e) when (e.Id is VmErrorId.VmNotRunning or VmErrorId.VmAlreadyRunning)
                {
                    // Off already, or started by another.
                }
            }
        }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    [KvmFact]
    public void States_of_a_pause_are_told_in_order()
    {
        using GuestMachine guest = TinyGuest.Machine(TinyGuest.Halt);
        List<MachineState> seen = [];
        using ManualResetEventSlim off = new();
        guest.Vm.StateChanged += (_, change) =>
        {
            seen.Add(change.State);
            if (change.State == MachineState.Off) off.Set();
        };
        guest.Start().Vm.Suspend();
        Assert.True(guest.Vm.WaitFor(MachineState.Paused, TimeSpan.Zero, CancellationToken.None));
        guest.Vm.Resume();
        guest.Vm.TurnOff();
        Assert.True(off.Wait(TimeSpan.FromSeconds(30)));
        Assert.Equal([MachineState.Starting, MachineState.Running, MachineState.Paused, MachineState.Running, MachineState.Stopping, MachineState.Off], seen);
    }

    sealed class SlowHost(ManualResetEventSlim go) : IVcpuHost
    {
        public IVcpuThread Start(string name, Action body) => new ThreadVcpuHost().Start(name, () =>
        {
            go.Wait();
            body();
        });
    }
}
