using PSToyVmm.Engine.Machines;
using Xunit;

namespace PSToyVmm.Tests.Unit.Machines;

public class MeasurementTests
{
    static MachineMeasurement After(GuestMachine guest, TimeSpan time)
    {
        SpinWait.SpinUntil(() => guest.Vm.Uptime > time, TimeSpan.FromSeconds(30));
        return guest.Vm.Measure();
    }

    [KvmFact]
    public void A_vCPU_that_spins_costs_a_processor_and_one_that_halts_costs_none()
    {
        using GuestMachine spinning = TinyGuest.Machine(TinyGuest.Spin).Start(), halted = TinyGuest.Machine(TinyGuest.Halt).Start();
        MachineMeasurement busy = After(spinning, TimeSpan.FromSeconds(0.5)), idle = After(halted, TimeSpan.FromSeconds(0.5));
        Assert.InRange(busy.ProcessorTime, TimeSpan.FromSeconds(0.02), busy.MeteringDuration + TimeSpan.FromSeconds(0.1)); // the host has other work
        Assert.InRange(busy.ProcessorUsage, 4, 120);
        Assert.InRange(idle.ProcessorTime, TimeSpan.FromTicks(1), TimeSpan.FromSeconds(0.1));
        Assert.Equal((MachineState.Running, MachineState.Running), (spinning.Vm.State, halted.Vm.State));
    }

    [KvmFact]
    public void Every_thread_is_there_under_its_name()
    {
        using GuestMachine guest = new(TinyGuest.Halt, configure: plain => plain with { ProcessorCount = 3, Entropy = true });
        guest.Start();
        Assert.True(SpinWait.SpinUntil(() => guest.Vm.Measure().Threads.All(thread => thread.ThreadId != 0), TimeSpan.FromSeconds(30)));
        IReadOnlyList<ThreadReading> threads = guest.Vm.Measure().Threads;
        Assert.Equal(["vcpu0", "vcpu1", "vcpu2", "rng"], threads.Select(thread => thread.Name));
        Assert.Equal([ThreadRole.Processor, ThreadRole.Processor, ThreadRole.Processor, ThreadRole.Device], threads.Select(thread => thread.Role));
        foreach (ThreadReading thread in threads) // the kernel keeps fifteen characters of a thread's name
            Assert.StartsWith("ToyVm tiny", File.ReadAllText($"/proc/self/task/{thread.ThreadId}/comm"));
        Assert.Equal(3, guest.Vm.Measure().ProcessorCount);
    }

    [KvmFact]
    public void Time_in_a_pause_is_measured_as_none()
    {
        using GuestMachine guest = TinyGuest.Machine(TinyGuest.Spin).Start();
        After(guest, TimeSpan.FromSeconds(0.1));
        guest.Vm.Suspend();
        MachineMeasurement before = guest.Vm.Measure();
        Thread.Sleep(100);
        MachineMeasurement after = guest.Vm.Measure();
        Assert.Equal(before.MeteringDuration, after.MeteringDuration);
        Assert.InRange(after.ProcessorTime - before.ProcessorTime, TimeSpan.Zero, TimeSpan.FromMilliseconds(20));
    }

    [KvmFact]
    public void A_paused_processor_costs_nothing()
    {
        using GuestMachine guest = new(TinyGuest.Spin, configure: plain => plain with { ProcessorCount = 2 });
        After(guest.Start(), TimeSpan.FromSeconds(0.1));
        guest.Vm.Suspend();
        Thread.Sleep(200); // until it sleeps where it is held, also on a busy host
        TimeSpan before = guest.Vm.Measure().ProcessorTime;
        Thread.Sleep(200);
        Assert.Equal(before, guest.Vm.Measure().ProcessorTime);
    }

    [KvmFact]
    public void Memory_is_resident_when_the_guest_touches_it()
    {
        // mov edi, 0x400000; mov ecx, 2048; x: mov [rdi], cl; add edi, 4096; dec ecx; jnz x; then prints and halts
        byte[] touch = [0xbf, 0, 0, 0x40, 0, 0xb9, 0, 0x08, 0, 0, 0x88, 0x0f, 0x81, 0xc7, 0, 0x10, 0, 0, 0xff, 0xc9, 0x75, 0xf4];
        using GuestMachine guest = new([.. touch, .. TinyGuest.Print("x"), .. TinyGuest.Halt], 64 << 20,
            plain => plain with { MemorySource = new() { HugePages = Engine.Memory.HugePages.None } });
        guest.Start();
        Assert.True(SpinWait.SpinUntil(() => guest.Output() == "x", TimeSpan.FromSeconds(30)));
        MachineMeasurement measured = guest.Vm.Measure();
        Assert.Equal(64ul << 20, measured.MemoryAssigned);
        Assert.InRange(measured.MemoryResident, 8ul << 20, 10ul << 20);
        Assert.InRange(measured.MemoryOverhead, 50ul << 10, 5ul << 20);
    }

    [KvmFact]
    public void A_machine_that_is_off_has_the_times_of_its_last_run_and_no_memory()
    {
        using GuestMachine guest = TinyGuest.Machine(TinyGuest.Spin);
        Assert.Equal((TimeSpan.Zero, 0.0, 0), (guest.Vm.Measure().MeteringDuration, guest.Vm.Measure().ProcessorUsage, guest.Vm.Measure().Threads.Count));
        guest.Start();
        TimeSpan before = After(guest, TimeSpan.FromSeconds(0.2)).ProcessorTime;
        guest.Vm.TurnOff();
        MachineMeasurement last = guest.Vm.Measure();
        Assert.InRange(last.ProcessorTime, before, before + TimeSpan.FromSeconds(20));
        Assert.Equal((guest.Vm.Uptime, 0ul), (last.MeteringDuration, last.MemoryResident));
        Assert.Equal(last.ProcessorTime, guest.Vm.Measure().ProcessorTime);
    }

    [KvmFact]
    public void Measuring_does_not_disturb_whoever_starts_and_ends_the_machine()
    {
        using GuestMachine guest = new(TinyGuest.Reset, configure: plain => plain with { RebootAction = RebootAction.Restart, Entropy = true });
        guest.Start();
        long measured = 0;
        while (guest.Vm.RestartCount < 20)
        {
            Assert.All(guest.Vm.Measure().Threads, thread => Assert.InRange(thread.ProcessorTime, TimeSpan.Zero, TimeSpan.FromSeconds(30)));
            measured++;
        }
        Assert.NotEqual(0, measured);
    }
}
