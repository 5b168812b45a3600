using PSToyVmm.Engine.Boot;
using PSToyVmm.Engine.Bus;
using PSToyVmm.Engine.Consoles;
using PSToyVmm.Engine.Kvm;
using PSToyVmm.Engine.Kvm.Structs;
using PSToyVmm.Engine.Memory;
using PSToyVmm.Engine.Vcpus;

namespace PSToyVmm.Engine.Machines;

/// <summary>
/// From a configuration to a machine that waits for its vCPUs to be let go. One reading from top to bottom: memory, KVM's
/// machine, what the kernel finds in memory, devices, vCPUs. What fails on the way gives everything back.
/// </summary>
static class MachineBuilder
{
    // Three pages for Intel's real mode and one for its page tables, below the BIOS image at the end of 4 GiB.
    const ulong TssAddress = 0xfffb_d000, IdentityMapAddress = 0xfffb_c000;

    public static MachineRun Build(MachineConfiguration configuration, SerialLog console, SerialInput input, MachineLog log, BootTimelineRecorder timeline)
    {
        MachineRun run = new(timeline);
        try
        {
            using KvmSystem kvm = KvmSystem.Open();
            HostProbe.ThrowIfUnusable(kvm);
            run.Memory = timeline.Measure("memory", () => new GuestMemory(configuration.MemoryBytes));
            run.Vm = timeline.Measure("vm", () => CreateVm(kvm, run.Memory));
            BootEntry entry = timeline.Measure("load", () => Load(configuration, run.Memory));
            timeline.Measure("devices", () =>
            {
                run.VmStatistics = run.Vm.TryOpenStatistics();
                run.Com1 = new(console, input);
                run.Devices = new(configuration, irq => new KvmInterruptLine(run.Vm, (uint)irq), run.Com1, log, run.RequestEnd, TimeProvider.System);
                run.Com1.Attach(run.Devices.Serial);
            });
            BootRegisters registers = Registers(entry.Rip, entry.BootParams, entry.StackTop, entry.PageTableRoot, entry.Gdt);
            timeline.Measure("vcpu", () => run.Vcpus.Add(CreateVcpu(kvm, run.Vm, 0, run.Devices!.Ports, run.Devices.Mmio, registers)));
            return run;
        }
        catch
        {
            run.Dispose();
            throw;
        }
    }

    public static VmHandle CreateVm(KvmSystem kvm, GuestMemory memory)
    {
        VmHandle vm = kvm.CreateVm();
        try
        {
            vm.SetIdentityMapAddress(IdentityMapAddress);
            vm.SetTssAddress(TssAddress);
            uint slot = 0;
            foreach (GuestRegion region in memory.Regions)
                vm.SetUserMemoryRegion(new()
                {
                    Slot = slot++,
                    GuestPhysAddr = region.Start.Value,
                    MemorySize = region.Size,
                    UserspaceAddr = (ulong)region.HostAddress,
                });
            vm.CreateIrqchip();
            vm.CreatePit2(new() { Flags = KvmPitConfig.SpeakerDummy });
            return vm;
        }
        catch
        {
            vm.Dispose();
            throw;
        }
    }

    static BootEntry Load(MachineConfiguration configuration, GuestMemory memory)
    {
        using KernelImage kernel = KernelImage.Open(configuration.KernelPath);
        GuestAddress rsdp = MachineFirmware.Write(memory, [0], configuration.FirmwareConfig is not null);
        return BootLoader.Load(memory, kernel, configuration.InitrdPath, configuration.CommandLine, rsdp);
    }

    public static BootRegisters Registers(GuestAddress rip, GuestAddress bootParams, GuestAddress stackTop, GuestAddress pageTableRoot, Gdt gdt) => new(
        rip.Value, bootParams.Value, stackTop.Value, pageTableRoot.Value, gdt.Base.Value, gdt.Limit,
        (gdt.Code.Selector, gdt.Code.Descriptor), (gdt.Data.Selector, gdt.Data.Descriptor), (gdt.Task.Selector, gdt.Task.Descriptor));

    public static MachineRun.Vcpu CreateVcpu(KvmSystem kvm, VmHandle vm, int index, IoBus ports, IoBus mmio, BootRegisters registers)
    {
        VcpuHandle vcpu = vm.CreateVcpu(index, kvm.VcpuMappingSize);
        try
        {
            vcpu.TryUseHostTscFrequency();
            bool tscDeadline = kvm.Check(KvmCapability.TscDeadlineTimer) > 0;
            vcpu.SetCpuid(Cpuid.ForVcpu(kvm.GetSupportedCpuid(), (uint)index, tscDeadline));
            SetBootMsrs(vcpu);
            registers.Apply(vcpu);
            return new(index, vcpu, new VcpuLoop(vcpu, ports, mmio), vcpu.TryOpenStatistics());
        }
        catch
        {
            vcpu.Dispose();
            throw;
        }
    }

    // KVM stops at the first register that it does not take; a backend may lack one that a guest can do without.
    static void SetBootMsrs(VcpuHandle vcpu)
    {
        for (ReadOnlySpan<KvmMsrEntry> rest = Msrs.AtBoot; !rest.IsEmpty;)
        {
            int taken = vcpu.SetMsrs(rest);
            rest = rest[Math.Min(taken + 1, rest.Length)..];
        }
    }
}
