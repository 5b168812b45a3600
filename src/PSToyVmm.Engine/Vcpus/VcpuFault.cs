using System.Globalization;
using System.Text;
using PSToyVmm.Engine.Kvm;
using PSToyVmm.Engine.Kvm.Structs;

namespace PSToyVmm.Engine.Vcpus;

/// <summary>Puts into words why a vCPU cannot go on: once per machine, so it may allocate. Runs on the vCPU's thread.</summary>
static class VcpuFault
{
    /// <summary>The end that an exit means which the loop does not serve.</summary>
    public static VcpuEnd Judge(VcpuHandle vcpu, ExitCounters counters)
    {
        ref readonly KvmRun run = ref vcpu.SharedPage;
        counters.Record(KindOf(run.ExitReason), ExitCounters.NoPlace, 0, 0);
        switch (run.ExitReason)
        {
            case ExitReason.Hlt:
                return Describe(vcpu, VcpuEndKind.InternalError, "The processor halted outside the in-kernel APIC.");
            case ExitReason.Shutdown:
                return Describe(vcpu, VcpuEndKind.TripleFault, "The guest's processor shut down: a fault while it delivered a double fault (triple fault).");
            case ExitReason.SystemEvent:
                return run.SystemEventType switch
                {
                    KvmRun.SystemEventReset => new(VcpuEndKind.Reset),
                    KvmRun.SystemEventShutdown => new(VcpuEndKind.PowerOff),
                    uint type => Describe(vcpu, VcpuEndKind.InternalError, $"KVM reported system event {type}."),
                };
            case ExitReason.InternalError when run.InternalSuberror == KvmRun.SuberrorEmulation:
                byte[] instruction = ReportedInstruction(in run);
                return Describe(vcpu, VcpuEndKind.EmulationFailure, "KVM cannot emulate an instruction of the guest", instruction);
            case ExitReason.InternalError:
                return Describe(vcpu, VcpuEndKind.InternalError, $"KVM internal error, suberror {run.InternalSuberror}.");
            case ExitReason.FailEntry:
                return Describe(vcpu, VcpuEndKind.EntryFailure, $"KVM could not enter the guest; the hardware's reason is 0x{run.EntryFailureReason:x}.");
            case ExitReason.Unknown:
                return Describe(vcpu, VcpuEndKind.InternalError, $"KVM does not know the hardware's exit reason 0x{run.HardwareExitReason:x}.");
            default:
                return Describe(vcpu, VcpuEndKind.InternalError, $"The exit {run.ExitReason} was not asked for.");
        }
    }

    /// <summary>A fault with rip, the bytes there and the registers, as far as they can still be read.</summary>
    public static VcpuEnd Describe(VcpuHandle vcpu, VcpuEndKind kind, string message, byte[]? instruction = null)
    {
        try
        {
            KvmRegs registers = vcpu.Registers;
            string bytes = instruction is { Length: > 0 } ? $": {Convert.ToHexStringLower(instruction)}" : "";
            if (kind == VcpuEndKind.EmulationFailure) message = $"{message} at rip 0x{registers.Rip:x}{bytes}.";
            return new(kind, message, registers.Rip, instruction, Dump(registers, vcpu.SpecialRegisters));
        }
        catch (Exception e) when (e is KvmException or ObjectDisposedException) // the fault matters, not that its dump failed
        {
            return new(kind, message, Instruction: instruction);
        }
    }

    static byte[] ReportedInstruction(in KvmRun run)
    {
        // ndata counts the 64-bit words of the union's data: flags, then size and bytes.
        bool reported = run.InternalDataCount >= 3 && (run.EmulationFlags & KvmRun.HasInstructionBytes) != 0;
        if (!reported) return [];
        ReadOnlySpan<byte> bytes = run.InstructionBytes;
        return bytes[..Math.Min(run.InstructionSize, (byte)bytes.Length)].ToArray();
    }

    static ExitKind KindOf(ExitReason reason) => reason switch
    {
        ExitReason.Hlt => ExitKind.Halt,
        ExitReason.Shutdown => ExitKind.Shutdown,
        ExitReason.SystemEvent => ExitKind.SystemEvent,
        _ => ExitKind.Failure,
    };

    static string Dump(in KvmRegs r, in KvmSregs s)
    {
        StringBuilder text = new();
        CultureInfo plain = CultureInfo.InvariantCulture;
        text.AppendLine(plain, $"rip={r.Rip:x16} rflags={r.Rflags:x8} cs={s.Cs.Selector:x4} ss={s.Ss.Selector:x4}");
        text.AppendLine(plain, $"rax={r.Rax:x16} rbx={r.Rbx:x16} rcx={r.Rcx:x16} rdx={r.Rdx:x16}");
        text.AppendLine(plain, $"rsi={r.Rsi:x16} rdi={r.Rdi:x16} rsp={r.Rsp:x16} rbp={r.Rbp:x16}");
        text.AppendLine(plain, $"r8 ={r.R8:x16} r9 ={r.R9:x16} r10={r.R10:x16} r11={r.R11:x16}");
        text.AppendLine(plain, $"r12={r.R12:x16} r13={r.R13:x16} r14={r.R14:x16} r15={r.R15:x16}");
        text.AppendLine(plain, $"cr0={s.Cr0:x16} cr2={s.Cr2:x16} cr3={s.Cr3:x16} cr4={s.Cr4:x16} efer={s.Efer:x}");
        text.Append(plain, $"gdt={s.Gdt.Base:x16}+{s.Gdt.Limit:x4} idt={s.Idt.Base:x16}+{s.Idt.Limit:x4} apic={s.ApicBase:x}");
        return text.ToString();
    }
}
