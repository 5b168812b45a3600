using System.Diagnostics;
using PSToyVmm.Engine;
using PSToyVmm.Engine.Machines;
using PSToyVmm.Engine.Memory;
using Xunit;

namespace PSToyVmm.Tests.Unit.Machines;

public class InspectionTests
{
    // mov rax, 0x1122334455667788; mov r15, rax; mov [0x200000], rax; x: out 0xed, al; jmp x
    static readonly byte[] s_loop =
    [
        0x48, 0xb8, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, 0x49, 0x89, 0xc7,
        0x48, 0x89, 0x04, 0x25, 0x00, 0x00, 0x20, 0x00, 0xe6, 0xed, 0xeb, 0xfc,
    ];

    const ulong Data = 0x20_0000, Value = 0x1122334455667788;

    // An interrupt table at 2 MiB whose entry 2 prints N; then halts with interrupts off.
    static byte[] PrintAtNmi()
    {
        byte[] start =
        [
            0xc7, 0x04, 0x25, 0x20, 0x00, 0x20, 0x00, 0x00, 0x00, 0x10, 0x00, // mov dword [0x200020], selector 0x10, and the handler's lower half
            0xc7, 0x04, 0x25, 0x24, 0x00, 0x20, 0x00, 0x00, 0x8e, 0x10, 0x00, // mov dword [0x200024], the upper half 0x10, an interrupt gate
            0x66, 0xc7, 0x04, 0x25, 0x00, 0x10, 0x20, 0x00, 0xff, 0x0f, // mov word [0x201000], 0xfff
            0xc7, 0x04, 0x25, 0x02, 0x10, 0x20, 0x00, 0x00, 0x00, 0x20, 0x00, // mov dword [0x201002], 0x200000
            0x0f, 0x01, 0x1c, 0x25, 0x00, 0x10, 0x20, 0x00, // lidt [0x201000]
            .. TinyGuest.Print("r"),
            .. TinyGuest.Halt,
        ];
        start[7] = (byte)start.Length;
        return [.. start, .. TinyGuest.Print("N"), 0x48, 0xcf]; // iretq
    }

    static void WaitFor(Func<bool> condition, VirtualMachine vm) =>
        Assert.True(SpinWait.SpinUntil(condition, TimeSpan.FromSeconds(30)), $"{vm.State}: {vm.Status}");

    static GuestMachine Looping(ulong memory = 16 << 20, int processors = 1)
    {
        GuestMachine guest = new(s_loop, memory, plain => plain with { ProcessorCount = processors });
        guest.Start();
        WaitFor(() => guest.Vm.ExitCount > 10, guest.Vm);
        return guest;
    }

    static string ErrorOf(Action action) => Assert.Throws<VmException>(action).Id;

    [KvmTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void Registers_are_the_guests(bool paused)
    {
        using GuestMachine guest = Looping();
        if (paused) guest.Vm.Suspend();
        ProcessorRegisters registers = Assert.Single(guest.Vm.ReadRegisters());
        Assert.Equal((Value, Value, 0), (registers.Rax, registers.R15, registers.Processor));
        Assert.Contains(registers.Rip, new[] { TinyGuest.Base + 0x15, TinyGuest.Base + 0x17 });
        Assert.Equal(0x10, registers.Cs.Selector);
        Assert.Equal(0x2000, registers.Cs.Attributes & 0x2000); // 64-bit code
        Assert.Equal(0x500ul, registers.Efer & 0x500);
        Assert.Equal(0x8000_0001ul, registers.Cr0 & 0x8000_0001);
        Assert.Equal(paused ? MachineState.Paused : MachineState.Running, guest.Vm.State);
        long exits = guest.Vm.ExitCount;
        if (paused) guest.Vm.Resume();
        WaitFor(() => guest.Vm.ExitCount > exits + 10, guest.Vm);
    }

    [KvmFact]
    public void Registers_of_some_processors()
    {
        using GuestMachine guest = Looping(processors: 3);
        Assert.Equal([0, 1, 2], guest.Vm.ReadRegisters().Select(registers => registers.Processor));
        Assert.Equal([2, 0], guest.Vm.ReadRegisters(2, 0).Select(registers => registers.Processor));
        Assert.Equal(VmErrorId.ProcessorNotFound, ErrorOf(() => guest.Vm.ReadRegisters(3)));
        Assert.Equal(VmErrorId.ProcessorNotFound, ErrorOf(() => guest.Vm.InjectNonMaskableInterrupt(-1)));
        Assert.Equal(VmErrorId.ProcessorNotFound, ErrorOf(() => guest.Vm.ReadVirtualMemory(0, 1, processor: 3)));
    }

    [KvmFact]
    public void Memory_is_read_by_physical_and_by_linear_address()
    {
        using GuestMachine guest = Looping();
        Assert.Equal(BitConverter.GetBytes(Value), guest.Vm.ReadMemory(Data, 8));
        Assert.Equal(s_loop, guest.Vm.ReadMemory(TinyGuest.Base, s_loop.Length));
        Assert.Equal(BitConverter.GetBytes(Value), guest.Vm.ReadVirtualMemory(Data, 8));
        byte[] across = guest.Vm.ReadVirtualMemory(Data - 4, 3 * GuestMemory.PageSize);
        Assert.Equal(guest.Vm.ReadMemory(Data - 4, 3 * GuestMemory.PageSize), across);
        Assert.Equal(BitConverter.GetBytes(Value), across[4..12]);
        Assert.Empty(guest.Vm.ReadMemory(0, 0));
    }

    [KvmFact]
    public void The_last_page_of_the_address_space_is_read_to_its_end()
    {
        byte[] map =
        [
            0x48, 0xc7, 0x04, 0x25, 0xf8, 0x9f, 0x00, 0x00, 0x03, 0xa0, 0x00, 0x00, // mov qword [0x9ff8], 0xa003: the last entry of the PML4
            0x48, 0xc7, 0x04, 0x25, 0xf8, 0xaf, 0x00, 0x00, 0x03, 0xb0, 0x00, 0x00, // mov qword [0xaff8], 0xb003
            0x48, 0xc7, 0x04, 0x25, 0xf8, 0xbf, 0x00, 0x00, 0x83, 0x00, 0x20, 0x00, // mov qword [0xbff8], 0x200083: 2 MiB at Data
            0xc7, 0x04, 0x25, 0xfc, 0xff, 0x3f, 0x00, 0x78, 0x56, 0x34, 0x12, // mov dword [0x3ffffc], 0x12345678
        ];
        using GuestMachine guest = TinyGuest.Machine(map, s_loop).Start();
        WaitFor(() => guest.Vm.ExitCount > 10, guest.Vm);
        const ulong LastPage = ulong.MaxValue - GuestMemory.PageSize + 1;
        Assert.Equal(BitConverter.GetBytes(0x12345678), guest.Vm.ReadVirtualMemory(LastPage, GuestMemory.PageSize)[^4..]);
        Assert.Equal([0x12], guest.Vm.ReadVirtualMemory(ulong.MaxValue, 1));
        Assert.Equal(VmErrorId.MemoryAddressInvalid, ErrorOf(() => guest.Vm.ReadVirtualMemory(LastPage, GuestMemory.PageSize + 1)));
    }

    [KvmTheory]
    [InlineData(16ul << 20, 1)]
    [InlineData((16ul << 20) - 1, 2)]
    [InlineData(0ul, (16 << 20) + 1)]
    [InlineData(0ul, int.MaxValue)]
    [InlineData(0ul, -1)]
    [InlineData(0xfee0_0000ul, 4)]
    [InlineData(0x1_0000_0000ul, 1)]
    [InlineData(ulong.MaxValue, 1)]
    [InlineData(ulong.MaxValue, int.MaxValue)]
    public void Addresses_outside_are_refused(ulong address, int length)
    {
        using GuestMachine guest = Looping();
        Assert.Equal(VmErrorId.MemoryAddressInvalid, ErrorOf(() => guest.Vm.ReadMemory(address, length)));
        Assert.Equal(VmErrorId.MemoryAddressInvalid, ErrorOf(() => guest.Vm.ReadVirtualMemory(address, length)));
        Assert.Equal(MachineState.Running, guest.Vm.State);
    }

    [KvmFact]
    public void A_machine_that_is_off_shows_nothing()
    {
        using GuestMachine guest = TinyGuest.Machine(TinyGuest.Halt);
        Assert.Equal(VmErrorId.VmNotRunning, ErrorOf(() => guest.Vm.ReadRegisters()));
        Assert.Equal(VmErrorId.VmNotRunning, ErrorOf(() => guest.Vm.ReadMemory(0, 1)));
        Assert.Equal(VmErrorId.VmNotRunning, ErrorOf(() => guest.Vm.InjectNonMaskableInterrupt()));
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        Assert.Equal(VmErrorId.VmNotRunning, ErrorOf(() => guest.Vm.DumpMemory(path, MemoryDumpFormat.Raw, false, CancellationToken.None)));
        Assert.False(File.Exists(path));
    }

    [KvmFact]
    public void A_non_maskable_interrupt_wakes_a_halted_guest_and_reaches_a_paused_one_when_it_goes_on()
    {
        using GuestMachine guest = TinyGuest.Machine(PrintAtNmi()).Start();
        WaitFor(() => guest.Output() == "r", guest.Vm);
        guest.Vm.InjectNonMaskableInterrupt();
        WaitFor(() => guest.Output() == "rN", guest.Vm);
        guest.Vm.Suspend();
        guest.Vm.InjectNonMaskableInterrupt(0);
        Thread.Sleep(20);
        Assert.Equal("rN", guest.Output());
        guest.Vm.Resume();
        WaitFor(() => guest.Output() == "rNN", guest.Vm);
    }

    [KvmFact]
    public void A_raw_dump_is_the_memory_with_holes_for_zeroes()
    {
        using GuestMachine guest = Looping(256 << 20);
        using TempFile file = new([]);
        guest.Vm.DumpMemory(file.Path, MemoryDumpFormat.Raw, overwrite: true, CancellationToken.None);
        Assert.Equal(256 << 20, new FileInfo(file.Path).Length);
        using FileStream dump = File.OpenRead(file.Path);
        byte[] at = new byte[s_loop.Length];
        dump.Position = (long)TinyGuest.Base;
        dump.ReadExactly(at);
        Assert.Equal(s_loop, at);
        dump.Position = (long)Data;
        dump.ReadExactly(at);
        Assert.Equal(Value, BitConverter.ToUInt64(at));
        using Process du = Process.Start(new ProcessStartInfo("du", ["-k", file.Path]) { RedirectStandardOutput = true })!;
        Assert.InRange(int.Parse(du.StandardOutput.ReadToEnd().Split('\t')[0]), 1, 1024);
        Assert.Equal(MachineState.Running, guest.Vm.State);
    }

    [KvmFact]
    public void A_dump_has_the_hole_below_4_GiB_or_says_where_its_regions_are()
    {
        using GuestMachine guest = Looping(4ul << 30);
        using TempFile file = new([]);
        guest.Vm.DumpMemory(file.Path, MemoryDumpFormat.Raw, overwrite: true, CancellationToken.None);
        Assert.Equal(5L << 30, new FileInfo(file.Path).Length);
        guest.Vm.DumpMemory(file.Path, MemoryDumpFormat.Elf, overwrite: true, CancellationToken.None);
        Assert.InRange(new FileInfo(file.Path).Length, 4L << 30, (4L << 30) + (64 << 10));
        using FileStream dump = File.OpenRead(file.Path);
        byte[] head = new byte[64 + (3 * 56)];
        dump.ReadExactly(head);
        Assert.Equal((ushort)3, BitConverter.ToUInt16(head, 56));
        Assert.Equal(GuestMemory.HoleEnd, BitConverter.ToUInt64(head, 64 + (2 * 56) + 24)); // the second region's physical address
    }

    [KvmFact]
    public void A_file_that_is_there_is_kept_and_a_cancelled_dump_leaves_none()
    {
        using GuestMachine guest = Looping();
        using TempFile file = new([]);
        File.WriteAllText(file.Path, "mine");
        Assert.Equal(VmErrorId.FileUnwritable, ErrorOf(() => guest.Vm.DumpMemory(file.Path, MemoryDumpFormat.Elf, overwrite: false, CancellationToken.None)));
        Assert.Equal("mine", File.ReadAllText(file.Path));
        Assert.Throws<OperationCanceledException>(() => guest.Vm.DumpMemory(file.Path + ".2", MemoryDumpFormat.Elf, overwrite: false, new(canceled: true)));
        Assert.False(File.Exists(file.Path + ".2"));
        Assert.Throws<OperationCanceledException>(() => guest.Vm.DumpMemory(file.Path, MemoryDumpFormat.Elf, overwrite: true, new(canceled: true)));
        Assert.Equal("mine", File.ReadAllText(file.Path));
        Assert.Equal([file.Path], Directory.GetFiles(Path.GetDirectoryName(file.Path)!, $"{Path.GetFileName(file.Path)}*"));
        long exits = guest.Vm.ExitCount;
        WaitFor(() => guest.Vm.ExitCount > exits + 10, guest.Vm); // it goes on after all of that
    }

    [DebuggerFact]
    public void A_debugger_reads_registers_and_memory_of_a_core_file()
    {
        using GuestMachine guest = Looping(processors: 2);
        using TempFile file = new([]);
        guest.Vm.DumpMemory(file.Path, MemoryDumpFormat.Elf, overwrite: true, CancellationToken.None);
        using Process gdb = Process.Start(new ProcessStartInfo("gdb",
            ["-q", "-nx", "-batch", "-ex", "info threads", "-ex", "thread 1", "-ex", "p/x $rax", "-ex", "p/x $r15", "-ex", $"x/gx 0x{Data:x}", "-c", file.Path])
        { RedirectStandardOutput = true, RedirectStandardError = true })!;
        string said = gdb.StandardOutput.ReadToEnd();
        Assert.Contains($"$1 = 0x{Value:x}", said);
        Assert.Contains($"$2 = 0x{Value:x}", said);
        Assert.Contains($"0x{Data:x}:\t0x{Value:x}", said);
        Assert.Contains("LWP 2", said);
    }

    [KvmFact]
    public void Whoever_looks_while_the_machine_ends_sees_it_or_is_told_so()
    {
        using GuestMachine guest = new(s_loop, 64 << 20);
        using CancellationTokenSource over = new(TimeSpan.FromSeconds(2));
        using TempFile file = new([]);
        Action[] looks =
        [
            () => guest.Vm.ReadRegisters(),
            () => guest.Vm.ReadMemory(Data, 1 << 20),
            () => guest.Vm.ReadVirtualMemory(Data, 1 << 14),
            () => guest.Vm.InjectNonMaskableInterrupt(),
            () => guest.Vm.DumpMemory(file.Path, MemoryDumpFormat.Elf, overwrite: true, CancellationToken.None),
            () => { guest.Vm.TurnOff(); guest.Vm.Start(); },
        ];
        Task[] all = [.. looks.Select(look => Task.Factory.StartNew(() =>
        {
            while (!over.IsCancellationRequested)
            {
                try
                {
                    look();
                }
                catch (VmException e) when (e.Id is VmErrorId.VmNotRunning)
                {
                    // It was off.
                }
            }
        }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
        Assert.True(Task.WaitAll(all, TimeSpan.FromSeconds(60)), $"hangs: {guest.Vm.State}: {guest.Vm.Status}");
    }
}

/// <summary>A test that needs /dev/kvm and gdb.</summary>
sealed class DebuggerFactAttribute : FactAttribute
{
    public DebuggerFactAttribute()
    {
        if (new KvmFactAttribute().Skip is { } why) Skip = why;
        else if (!(Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, "gdb")))) Skip = "There is no gdb.";
    }
}
