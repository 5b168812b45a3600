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

    public static ProbeOutcome Run(KvmSystem kvm)
    {
        using GuestMemory memory = new(MemorySize);
        memory.Write(new(CodeAddress), Code);
        using VmHandle vm = MachineBuilder.CreateVm(kvm, memory, [0]);
        ReportDevice report = new();
        IoBus ports = new();
        ports.Attach(ReportPort, 1, report);
        Gdt.Boot.Write(memory);
        BootRegisters registers = MachineBuilder.Registers(new(CodeAddress), default, BootLayout.StackTop, PageTables.Write(memory), Gdt.Boot);
        MachineRun.Vcpu vcpu = MachineBuilder.CreateVcpu(kvm, vm, 0, apicId: 0, kvm.GetSupportedCpuid(), ports, new IoBus());
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
        public Action? Reported { get; set; }
        public byte Value { get; private set; }
        public string Label => "probe";

        public void Read(ulong offset, Span<byte> data) => data.Fill(0xff);

        public void Write(ulong offset, ReadOnlySpan<byte> data)
        {
            Value = data[0];
            Reported?.Invoke();
        }
    }
}
