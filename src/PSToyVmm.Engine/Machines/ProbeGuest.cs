using System.Diagnostics;
using PSToyVmm.Engine.Boot;
using PSToyVmm.Engine.Bus;
using PSToyVmm.Engine.Kvm;
using PSToyVmm.Engine.Memory;
using PSToyVmm.Engine.Vcpus;

namespace PSToyVmm.Engine.Machines;

/// <summary>Whether the probe guest reached its end, and what stopped it if not.</summary>
readonly record struct ProbeOutcome(bool Ran, string Reason);

/// <summary>
/// A guest of a few instructions that every Linux kernel executes in kernel mode and that a KVM which only interprets
/// kernel mode does not know: POPCNT and CMPXCHG16B. It says so by a byte to a port; anything else is a no.
/// </summary>
static class ProbeGuest
{
    const ulong ReportPort = 0x10, MemorySize = 2 << 20, CodeAddress = 0x10_0000, OperandAddress = 0x10_1000;
    const byte Success = 0x5a;

    static readonly TimeSpan s_limit = TimeSpan.FromSeconds(3);

    static ReadOnlySpan<byte> Code =>
    [
        0xbb, 0x00, 0x10, 0x10, 0x00, // mov ebx, OperandAddress
        0xf3, 0x48, 0x0f, 0xb8, 0xc3, // popcnt rax, rbx
        0x48, 0x89, 0xdf, // mov rdi, rbx
        0x48, 0x0f, 0xc7, 0x0f, // cmpxchg16b [rdi]
        0xb0, Success, // mov al, Success
        0xe6, (byte)ReportPort, // out ReportPort, al
        0xf4, // hlt
    ];

    const uint Rounds = 4096;

    // Between two bytes to the port: as many rounds of two instructions.
    static ReadOnlySpan<byte> Loop =>
    [
        0xe6, (byte)ReportPort, // out ReportPort, al
        0xb9, (byte)(Rounds & 0xff), (byte)(Rounds >> 8), 0, 0, // mov ecx, Rounds
        0xff, 0xc9, // round: dec ecx
        0x75, 0xfc, // jnz round
        0xb0, Success, // mov al, Success
        0xe6, (byte)ReportPort, // out ReportPort, al
        0xf4, // hlt
    ];

    public static ProbeOutcome Run(KvmSystem kvm) => Run(kvm, Code, new());

    /// <summary>Millions of instructions a second in the guest's kernel mode, an exit's round trip included; null where the guest failed.</summary>
    public static double? MeasureSpeed(KvmSystem kvm)
    {
        ReportDevice report = new();
        return Run(kvm, Loop, report).Ran ? 2 * Rounds / report.Elapsed.TotalMicroseconds : null;
    }

    static ProbeOutcome Run(KvmSystem kvm, ReadOnlySpan<byte> code, ReportDevice report)
    {
        using GuestMemory memory = new(MemorySize);
        memory.Write(new(CodeAddress), code);
        using VmHandle vm = MachineBuilder.CreateVm(kvm, memory, [0]);
        IoBus ports = new();
        ports.Attach(ReportPort, 1, report);
        Gdt.Boot.Write(memory);
        BootRegisters registers = MachineBuilder.Registers(new(CodeAddress), default, BootLayout.StackTop, PageTables.Write(memory), Gdt.Boot);
        MachineRun.Vcpu vcpu = MachineBuilder.CreateVcpu(kvm, vm, new VcpuModel(kvm, CpuTopology.OfCores(1)), 0, ports, new IoBus());
        try
        {
            registers.Apply(vcpu.Handle);
            report.Reported = vcpu.Loop.Stop;
            VcpuEnd? end = null;
            IVcpuThread thread = new ThreadVcpuHost().Start("ToyVm probe", () => end = vcpu.Loop.Run());
            bool inTime = thread.Join(s_limit);
            if (!inTime)
            {
                vcpu.Loop.Stop();
                thread.Join(Timeout.InfiniteTimeSpan);
            }
            if (report.Value == Success) return new(true, "");
            return new(false, inTime ? end?.Message ?? "" : $"the probe guest did not come to its end within {s_limit.TotalSeconds:0} s.");
        }
        finally
        {
            vcpu.Statistics?.Dispose();
            vcpu.Handle.Dispose();
        }
    }

    sealed class ReportDevice : IBusDevice
    {
        long _first;

        public Action? Reported { get; set; }
        public byte Value { get; private set; }

        /// <summary>Between the first byte and the one that says Success.</summary>
        public TimeSpan Elapsed { get; private set; }

        public string Label => "probe";

        public void Read(ulong offset, Span<byte> data) => data.Fill(0xff);

        public void Write(ulong offset, ReadOnlySpan<byte> data)
        {
            if (_first == 0) _first = Stopwatch.GetTimestamp();
            Value = data[0];
            if (Value != Success) return;
            Elapsed = Stopwatch.GetElapsedTime(_first);
            Reported?.Invoke();
        }
    }
}
