using PSToyVmm.Engine;
using PSToyVmm.Engine.Boot;
using PSToyVmm.Engine.Machines;
using Xunit;

namespace PSToyVmm.Tests.Unit.Machines;

/// <summary>Virtio devices in real machines: notified by ioeventfd, answering by irqfd.</summary>
[Collection("alone")] // counts descriptors and threads of the whole process
public class VirtioMachineTests
{
    static readonly byte[] s_roundTrip = VirtioGuest.Image([.. VirtioGuest.Initialize, .. VirtioGuest.Notify, .. VirtioGuest.AwaitInterrupt], VirtioGuest.Handler, TinyGuest.Reset);

    static GuestMachine Machine(byte[] image, RebootAction action = RebootAction.Stop) =>
        new(image, configure: plain => plain with { Entropy = true, RebootAction = action });

    [KvmFact]
    public void A_notification_leaves_no_vCPU_and_the_answer_interrupts_one()
    {
        using GuestMachine guest = Machine(s_roundTrip).Start();
        IReadOnlyList<ExitStatistic> rows = guest.End().GetExitStatistics();
        Assert.Equal("1@", guest.Output()); // used buffers; 64 bytes
        ExitStatistic writes = rows.Single(row => row is { Source: "Vmm", Reason: "MmioWrite" });
        Assert.Equal(("rng", (ulong?)VirtioGuest.Registers, (long)VirtioGuest.WritesToVmm), (writes.Device, writes.Address, writes.Count));
        Assert.Equal(1, rows.Single(row => row is { Source: "Vmm", Reason: "MmioRead" }).Count);
    }

    [KvmFact]
    public void A_guest_that_breaks_its_device_is_noted_and_lives()
    {
        byte[] code =
        [
            .. VirtioGuest.Initialize,
            .. VirtioGuest.StoreAt(VirtioGuest.Available, 9 << 16), .. VirtioGuest.Notify,
            .. VirtioGuest.Load(VirtioGuest.Registers + 0x70), 0xa8, 0x40, 0x74, 0xfa, // test al, 64; jz back to the mov eax, [rbx]
            .. TinyGuest.Print("alive"), .. TinyGuest.Reset,
        ];
        using GuestMachine guest = Machine(VirtioGuest.Image(code)).Start();
        Assert.Equal(StopReason.GuestReset, guest.End().StopReason);
        Assert.Equal("alive", guest.Output());
        Assert.Contains(guest.Vm.Log.Read(), entry => entry.Text.StartsWith("rng: queue 0 is said to have more buffers", StringComparison.Ordinal));
    }

    [KvmFact]
    public void A_restart_in_place_makes_the_devices_anew()
    {
        using GuestMachine guest = Machine(s_roundTrip, RebootAction.Restart).Start();
        Assert.True(SpinWait.SpinUntil(() => guest.Vm.RestartCount >= 5, TimeSpan.FromSeconds(30)), guest.Vm.Status);
        guest.Vm.TurnOff();
        Assert.StartsWith("1@1@1@1@1@", guest.Output());
    }

    [KvmFact]
    public void Machines_with_devices_leave_no_descriptor_and_no_thread_behind()
    {
        void Cycle(bool isBusy)
        {
            // Notified without end, so that the device is at work when the machine is turned off.
            byte[] code = [.. VirtioGuest.Initialize, .. VirtioGuest.Notify, 0xeb, (byte)-(VirtioGuest.Notify.Length + 2)];
            using GuestMachine guest = Machine(VirtioGuest.Image(isBusy ? code : TinyGuest.Halt)).Start();
            Assert.Single(ThreadsNamed("ToyVm tiny rng"));
            guest.Vm.TurnOff();
            Assert.Empty(ThreadsNamed("ToyVm"));
        }
        for (int i = 0; i < 10; i++) Cycle(i % 2 == 0);
        int before = Directory.EnumerateFileSystemEntries("/proc/self/fd").Count();
        for (int i = 0; i < 50; i++) Cycle(i % 2 == 0);
        int after = Directory.EnumerateFileSystemEntries("/proc/self/fd").Count();
        Assert.True(after <= before, $"descriptors: {before} before, {after} after");
    }

    static IEnumerable<string> ThreadsNamed(string start) =>
        Directory.EnumerateDirectories("/proc/self/task").Select(Name).Where(name => name.StartsWith(start, StringComparison.Ordinal));

    // A thread may end while it is looked at.
    static string Name(string task)
    {
        try
        {
            return File.ReadAllText(task + "/comm").Trim();
        }
        catch (IOException)
        {
            return "";
        }
    }

    [KvmFact]
    public void A_machine_without_devices_has_nothing_there()
    {
        using GuestMachine guest = new GuestMachine([.. VirtioGuest.Load(VirtioGuest.Registers), .. TinyGuest.Reset]).Start();
        Assert.Contains(guest.End().GetExitStatistics(), row => row is { Reason: "MmioRead", Address: VirtioGuest.Registers, Device: "unclaimed" });
    }

    [Theory]
    [InlineData(true, true, "a -- b", "a -- b")] // ACPI says it
    [InlineData(false, false, "a", "a")]
    [InlineData(true, false, "a b", "a b virtio_mmio.device=4K@0xd0000000:16")]
    [InlineData(true, false, "", "virtio_mmio.device=4K@0xd0000000:16")]
    [InlineData(true, false, "a -- b", "a virtio_mmio.device=4K@0xd0000000:16 -- b")]
    [InlineData(true, false, "-- b", "virtio_mmio.device=4K@0xd0000000:16 -- b")]
    [InlineData(true, false, "a --", "a virtio_mmio.device=4K@0xd0000000:16 --")]
    [InlineData(true, false, "a--b --c", "a--b --c virtio_mmio.device=4K@0xd0000000:16")]
    public void Without_ACPI_the_command_line_says_where_devices_are(bool entropy, bool acpi, string commandLine, string expected) =>
        Assert.Equal(expected, new MachineConfiguration { Name = "x", KernelPath = "x", Entropy = entropy, Acpi = acpi, CommandLine = commandLine }.GuestCommandLine);

    [Fact]
    public void Places_are_apart_from_each_other_and_from_the_machines_own_interrupts()
    {
        IReadOnlyList<VirtioSlot> slots = VirtioSlots.First(16);
        Assert.Equal(16, slots.Select(slot => slot.Irq).Distinct().Count());
        Assert.Equal(16, slots.Select(slot => slot.Address / VirtioSlots.Size).Distinct().Count());
        uint[] taken = [0, 2, MachineDevices.KeyboardIrq, MachineDevices.Com1Irq, MachineDevices.RtcIrq, MachineFirmware.PowerButtonGsi, MachineFirmware.ShutdownRequestGsi];
        Assert.All(slots, slot => Assert.True(slot.Irq < InterruptControllers.IoApicPins && !taken.Contains(slot.Irq), $"{slot}"));
        VmException e = Assert.Throws<VmException>(() => VirtioSlots.First(17));
        Assert.Equal(VmErrorId.TooManyDevices, e.Id);
        Assert.Contains("16", e.Message);
    }
}
