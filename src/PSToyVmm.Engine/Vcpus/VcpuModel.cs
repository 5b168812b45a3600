using PSToyVmm.Engine.Kvm;
using PSToyVmm.Engine.Kvm.Structs;

namespace PSToyVmm.Engine.Vcpus;

/// <summary>What all vCPUs of a machine are: the host's processor made into a guest's, and their places in it.</summary>
sealed class VcpuModel
{
    // The stepping, the model and the family of leaf 1 EAX, without the type and what is reserved.
    const uint SignatureBits = 0x0fff_0fff;

    readonly List<KvmCpuidEntry> _supported;
    readonly CpuTemplate? _template;
    readonly bool _tscDeadline;

    /// <exception cref="VmException">CpuTemplateUnsupported: the template is for other processors, or for a KVM that can more.</exception>
    public VcpuModel(KvmSystem kvm, CpuTopology topology, CpuTemplate? template = null)
    {
        (_supported, Topology, _template) = ([.. kvm.GetSupportedCpuid()], topology, template);
        _tscDeadline = kvm.Check(KvmCapability.TscDeadlineTimer) > 0;
        if (template is null) return;
        foreach (uint capability in template.Capabilities)
            if (kvm.Check((KvmCapability)capability) <= 0) throw template.Unsupported($"needs KVM's capability {capability}, which this host's KVM lacks");
        ThrowIfForOthers(template, _supported);
    }

    public CpuTopology Topology { get; }

    /// <summary>Whether a template is made for the processor with these leaves.</summary>
    /// <exception cref="VmException">CpuTemplateUnsupported.</exception>
    internal static void ThrowIfForOthers(CpuTemplate template, List<KvmCpuidEntry> supported)
    {
        if (template.Vendor is CpuVendor vendor && vendor != CpuidLeaves.VendorOf(supported))
            throw template.Unsupported($"is for {(vendor == CpuVendor.Amd ? "AMD" : "Intel")} processors, and this host's is {CpuidLeaves.VendorName(supported)}");
        int first = CpuidLeaves.IndexOf(supported, 1, 0);
        uint signature = first < 0 ? 0 : supported[first].Eax & SignatureBits;
        if (template.Models.Count > 0 && !template.Models.Any(model => model.Signature == signature))
            throw template.Unsupported($"is for {string.Join(", ", template.Models.Select(model => $"{model.Name} (0x{model.Signature:x8})"))} processors, and this host's is 0x{signature:x8}");
    }

    /// <summary>Sets clock, CPUID and model-specific registers of a new vCPU; every vCPU gets the same but for its place.</summary>
    /// <exception cref="VmException">CpuTemplateUnsupported: KVM has made something else of the template.</exception>
    public void Configure(VcpuHandle vcpu, int index)
    {
        vcpu.TryUseHostTscFrequency();
        List<KvmCpuidEntry> leaves = Cpuid.Normalize([.. _supported], HostCpuid.Read, _tscDeadline, vcpu.TryGetTscKhz());
        _template?.Apply(leaves, _supported);
        CpuidTopology.Apply(leaves, Topology, index);
        _template?.Verify(leaves, "the machine's topology makes it");
        vcpu.SetCpuid([.. leaves]);
        _template?.Verify([.. vcpu.GetCpuid()], "KVM on this host keeps");
        // After CPUID, by which KVM decides which registers there are.
        SetBootMsrs(vcpu);
        if (_template is not null) SetTemplateMsrs(vcpu, _template);
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

    static void SetTemplateMsrs(VcpuHandle vcpu, CpuTemplate template)
    {
        foreach ((uint address, BitPattern bits) in template.Msrs)
        {
            ulong before = vcpu.TryGetMsr(address) ?? throw template.Unsupported($"changes MSR 0x{address:x}, which this host's KVM does not have");
            ulong wanted = bits.Apply(before);
            if (vcpu.SetMsrs([new() { Index = address, Data = wanted }]) == 0)
                throw template.Unsupported($"wants {BitPattern.Describe(bits.Filter)} of MSR 0x{address:x} so that it is 0x{wanted:x16}, which KVM on this host refuses; it is 0x{before:x16}");
            ulong actual = vcpu.TryGetMsr(address) ?? before;
            if (bits.Differences(actual) is not 0 and ulong different)
                throw template.Unsupported($"wants MSR 0x{address:x} otherwise in {BitPattern.Describe(different)}: 0x{wanted:x16}, where KVM on this host keeps 0x{actual:x16}");
        }
    }
}
