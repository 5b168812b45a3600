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
/// machine, devices, vCPUs, while other threads fill the memory. What fails on the way gives everything back.
/// </summary>
static class MachineBuilder
{
    // Three pages for Intel's real mode and one for its page tables, below the BIOS image at the end of 4 GiB.
    const ulong TssAddress = 0xfffb_d000, IdentityMapAddress = 0xfffb_c000;

    // From this APIC id on, interrupts and INIT/SIPI need KVM's 32-bit interface.
    const uint FirstIdOfX2Apic = byte.MaxValue;

    public static MachineRun Build(MachineConfiguration configuration, MachineConsoles consoles, MachineLog log, BootTimelineRecorder timeline)
    {
        MachineRun run = new(timeline, configuration);
        Task<BootEntry>? loading = null;
        try
        {
            using KvmSystem kvm = KvmSystem.Open();
            HostProbe.ThrowIfUnusable(kvm);
            VcpuModel model = new(kvm, configuration.EffectiveTopology, CpuTemplateFile.Load(configuration.CpuTemplate));
            uint[] apicIds = [.. Enumerable.Range(0, configuration.ProcessorCount).Select(model.Topology.ApicId)];
            GuestMemory memory = run.Memory = timeline.Measure("memory", () => new GuestMemory(configuration.MemoryBytes, configuration.MemorySource));
            loading = Task.Run(() => Load(configuration, memory, apicIds, timeline));
            run.Vm = timeline.Measure("vm", () => CreateVm(kvm, memory, apicIds));
            timeline.Measure("devices", () =>
            {
                run.VmStatistics = run.Vm.TryOpenStatistics();
                run.Com1 = new(consoles.Serial.Log, consoles.Serial.Input, () => run.Crashed?.Invoke());
                run.Devices = new(configuration, irq => new KvmInterruptLine(run.Vm, (uint)irq), run.Com1, log, run.RequestEnd, TimeProvider.System);
                run.Com1.Attach(run.Devices.Serial);
                run.Virtio = new(run.Vm, memory, run.Devices.Mmio, log, run.RequestEnd);
                run.Hvc0 = new(consoles.Virtio);
                run.Virtio.AddAll(configuration, run.Hvc0);
            });
            timeline.Measure("vcpus", () =>
            {
                for (int i = 0; i < apicIds.Length; i++) run.Vcpus.Add(CreateVcpu(kvm, run.Vm, model, i, run.Devices!.Ports, run.Devices.Mmio));
            });
            // The others wait for the INIT and SIPI that the boot processor's kernel sends them.
            Registers(loading.GetAwaiter().GetResult()).Apply(run.Vcpus[0].Handle);
            return run;
        }
        catch
        {
            // Not before nobody writes into the memory any more. What the loader met is thrown already, or comes second.
            if (loading is not null) Task.WaitAny(loading);
            run.Dispose();
            throw;
        }
    }

    public static VmHandle CreateVm(KvmSystem kvm, GuestMemory memory, ReadOnlySpan<uint> apicIds)
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
            if (apicIds.ContainsAnyInRange(FirstIdOfX2Apic, uint.MaxValue)) vm.EnableX2ApicIds();
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

    static BootEntry Load(MachineConfiguration configuration, GuestMemory memory, uint[] apicIds, BootTimelineRecorder timeline)
    {
        using KernelImage kernel = KernelImage.Open(configuration.KernelPath, configuration.BootProtocol);
        if (configuration.DecompressKernel == KernelDecompression.Always
            || (configuration.DecompressKernel == KernelDecompression.Auto && kernel.CanUnpack && HostProbe.KernelModeIsSlow))
            kernel.UnpackAtLoad();
        GuestAddress? rsdp = timeline.Measure("tables", () => MachineFirmware.Write(memory, apicIds, configuration));
        return BootLoader.Load(memory, kernel, configuration.InitrdPath, configuration.Modules, configuration.GuestCommandLine, rsdp, timeline.Measure);
    }

    static BootRegisters Registers(BootEntry entry)
    {
        BootRegisters registers = Registers(entry.Rip, entry.BootParams, entry.StackTop, entry.PageTableRoot, entry.Gdt);
        return entry.IsLongMode ? registers : registers with { IsLongMode = false, Rax = entry.Magic, Rbx = entry.BootParams.Value, Rsi = 0 };
    }

    public static BootRegisters Registers(GuestAddress rip, GuestAddress bootParams, GuestAddress stackTop, GuestAddress pageTableRoot, Gdt gdt) => new(
        rip.Value, bootParams.Value, stackTop.Value, pageTableRoot.Value, gdt.Base.Value, gdt.Limit,
        (gdt.Code.Selector, gdt.Code.Descriptor), (gdt.Data.Selector, gdt.Data.Descriptor), (gdt.Task.Selector, gdt.Task.Descriptor));

    /// <summary>A vCPU as it is after power-on. KVM takes its own number for a vCPU as the number of its APIC.</summary>
    public static MachineRun.Vcpu CreateVcpu(KvmSystem kvm, VmHandle vm, VcpuModel model, int index, IoBus ports, IoBus mmio)
    {
        VcpuHandle vcpu = vm.CreateVcpu((int)model.Topology.ApicId(index), kvm.VcpuMappingSize);
        try
        {
            model.Configure(vcpu, index);
            return new(index, vcpu, new VcpuLoop(vcpu, ports, mmio), vcpu.TryOpenStatistics());
        }
        catch
        {
            vcpu.Dispose();
            throw;
        }
    }
}
