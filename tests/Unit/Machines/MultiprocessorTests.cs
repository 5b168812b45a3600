using System.Diagnostics;
using PSToyVmm.Engine;
using PSToyVmm.Engine.Machines;
using Xunit;
using Xunit.Abstractions;

namespace PSToyVmm.Tests.Unit.Machines;

[Collection("alone")] // counts threads of the whole process, and times how long machines take to stop
public class MultiprocessorTests(ITestOutputHelper output)
{
    static readonly byte[] s_spin16 = [0xeb, 0xfe], s_halt16 = [0xfa, 0xf4, 0xeb, 0xfc];

    /// <summary>
    /// The boot processor copies real-mode code to 0x40000, starts all others there by INIT and SIPI, and goes on when each
    /// has counted itself: lock inc word [3000:0], then <paramref name="then16"/>.
    /// </summary>
    static byte[] StartOthers(int processors, byte[] then16)
    {
        byte[] code16 = [0xb8, 0x00, 0x30, 0x8e, 0xd8, 0xf0, 0xff, 0x06, 0x00, 0x00, .. then16]; // mov ax, 3000h; mov ds, ax; lock inc word [0]
        byte[] start =
        [
            0xbb, 0x00, 0x03, 0xe0, 0xfe, // mov ebx, 0xfee00300: the local APIC's interrupt command
            0xc7, 0x03, 0x00, 0x45, 0x0c, 0x00, // mov dword [rbx], INIT to all others
            0xc7, 0x03, 0x40, 0x46, 0x0c, 0x00, // mov dword [rbx], SIPI, vector 0x40
            0xbb, 0x00, 0x00, 0x03, 0x00, // mov ebx, 0x30000
            0x66, 0x81, 0x3b, (byte)(processors - 1), (byte)(processors - 1 >> 8), // cmp word [rbx], processors - 1
            0x75, 0xf9, // jne to the cmp
        ];
        return [.. Copy(0x4_0000, code16), .. start];
    }

    static byte[] Copy(uint to, byte[] bytes) => // mov edi, to; (mov byte [rdi], b; inc edi)*
        [0xbf, .. BitConverter.GetBytes(to), .. bytes.SelectMany(b => new byte[] { 0xc6, 0x07, b, 0xff, 0xc7 })];

    static GuestMachine Machine(int processors, params byte[][] code) =>
        new([.. code.SelectMany(c => c)], configure: plain => plain with { ProcessorCount = processors });

    [KvmTheory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(32)]
    public void Every_processor_runs_and_a_reset_by_one_stops_all(int processors)
    {
        using GuestMachine guest = Machine(processors, StartOthers(processors, s_spin16), TinyGuest.Print("all"), TinyGuest.Reset).Start();
        Assert.Equal(StopReason.GuestReset, guest.End().StopReason);
        Assert.Equal("all", guest.Output());
        Assert.Equal(processors, guest.Vm.ProcessorCount);
    }

    [KvmFact]
    public void Processors_whose_apic_ids_have_gaps_run_too()
    {
        byte[] code = [.. StartOthers(12, s_halt16), .. TinyGuest.Print("all"), .. TinyGuest.Reset];
        using GuestMachine guest = new(code, configure: plain => plain with { ProcessorCount = 12, Topology = new(2, 3, 2) });
        guest.Start().End();
        Assert.Equal("all", guest.Output());
    }

    [KvmFact]
    public void Another_processor_may_end_the_machine_too()
    {
        byte[] reset16 = [0xb0, 0xfe, 0xe6, 0x64, 0xeb, 0xfe]; // mov al, 0xfe; out 0x64, al; jmp $
        using GuestMachine guest = Machine(3, StartOthers(3, reset16), TinyGuest.Halt).Start();
        Assert.Equal(StopReason.GuestReset, guest.End().StopReason);
    }

    [KvmFact]
    public void A_fault_names_the_processor_that_had_it()
    {
        byte[] fault16 = [0x0f, 0x01, 0x1e, 0x00, 0x10, 0x0f, 0x0b]; // lidt [0x1000], which is empty; ud2
        using GuestMachine guest = Machine(2, StartOthers(2, fault16), TinyGuest.Halt).Start();
        VirtualMachine vm = guest.End();
        Assert.Equal((MachineState.Faulted, 1), (vm.State, vm.Fault!.VcpuIndex));
    }

    [KvmTheory]
    [InlineData("all spin", 10)] // each round takes a second on two cores
    [InlineData("all halt", 50)]
    [InlineData("none of the others was started", 50)]
    public void Thirty_two_processors_start_and_stop_again_and_again(string what, int rounds)
    {
        const int Processors = 32;
        byte[] code = what switch
        {
            "all spin" => [.. StartOthers(Processors, s_spin16), .. TinyGuest.Print("."), .. TinyGuest.Spin],
            "all halt" => [.. StartOthers(Processors, s_halt16), .. TinyGuest.Print("."), .. TinyGuest.Halt],
            _ => [.. TinyGuest.Print("."), .. TinyGuest.Spin],
        };
        using GuestMachine guest = Machine(Processors, code);
        int descriptors = 0;
        List<double> milliseconds = [];
        for (int i = 1; i <= rounds; i++)
        {
            guest.Start();
            Assert.True(SpinWait.SpinUntil(() => guest.Vm.SerialLog.End >= i, TimeSpan.FromSeconds(60)), $"start {i}: {guest.Vm.Status}");
            long began = Stopwatch.GetTimestamp();
            guest.Vm.TurnOff();
            milliseconds.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            if (i == rounds / 2) descriptors = Directory.EnumerateFileSystemEntries("/proc/self/fd").Count(); // by then the pool has grown
        }
        milliseconds.Sort();
        output.WriteLine($"{what}: stopped in {milliseconds[rounds / 2]:0.0} ms (median), {milliseconds[^1]:0.0} ms (longest)");
        Assert.True(Directory.EnumerateFileSystemEntries("/proc/self/fd").Count() <= descriptors, "descriptors leak");
        // The kernel takes a thread from its list a moment after whoever waited for it knows.
        Assert.True(SpinWait.SpinUntil(() => !Directory.EnumerateDirectories("/proc/self/task").Any(IsMachineThread), TimeSpan.FromSeconds(10)), "threads leak");
    }

    static bool IsMachineThread(string task)
    {
        try
        {
            return File.ReadAllText(task + "/comm").StartsWith("ToyVm", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false; // it has just gone
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-3)]
    public void A_machine_has_at_least_one_processor(int processors) =>
        Assert.Equal(VmErrorId.ProcessorCountInvalid, Assert.Throws<VmException>(() => Machine(processors, TinyGuest.Halt)).Id);

    [KvmFact]
    public void More_processors_than_the_host_gives_a_machine_are_refused()
    {
        VmException refused = Assert.Throws<VmException>(() => Machine(1_000_000, TinyGuest.Halt));
        Assert.Equal(VmErrorId.ProcessorCountTooLarge, refused.Id);
        Assert.Contains($"{HostProbe.Run(probeGuest: false).MaximumVcpus}", refused.Message);
    }
}
