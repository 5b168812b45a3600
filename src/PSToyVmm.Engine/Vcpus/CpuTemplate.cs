using System.Runtime.InteropServices;
using PSToyVmm.Engine.Kvm.Structs;

namespace PSToyVmm.Engine.Vcpus;

/// <summary>A register of CPUID.</summary>
enum CpuidRegister { Eax, Ebx, Ecx, Edx }

/// <summary>What a template makes of one leaf.</summary>
sealed record CpuidModifier(uint Leaf, uint Subleaf, uint Flags, IReadOnlyList<(CpuidRegister Register, BitPattern Bits)> Registers);

/// <summary>What a template makes of one model-specific register.</summary>
readonly record struct MsrModifier(uint Address, BitPattern Bits);

/// <summary>
/// Changes to the processor that a guest sees, so that it is alike on different hosts (Firecracker, docs/cpu_templates).
/// Every bit that a template decides is one that the guest then has so, or the machine does not start.
/// </summary>
/// <param name="Name">For messages: a built-in name, or the file.</param>
sealed record CpuTemplate(string Name)
{
    public IReadOnlyList<CpuidModifier> Cpuid { get; init; } = [];
    public IReadOnlyList<MsrModifier> Msrs { get; init; } = [];

    /// <summary>Numbers of KVM_CAP_* that KVM has to have.</summary>
    public IReadOnlyList<uint> Capabilities { get; init; } = [];

    /// <summary>The vendor it is made for; null for any.</summary>
    public CpuVendor? Vendor { get; init; }

    /// <summary>The processors it is made for, by leaf 1 EAX without reserved bits, and their names; empty for any.</summary>
    public IReadOnlyList<(uint Signature, string Name)> Models { get; init; } = [];

    /// <summary>Changes the leaves of a machine.</summary>
    /// <param name="leaves">Normalised.</param>
    /// <param name="supported">As KVM reported them: no feature is claimed that is in neither of them.</param>
    public void Apply(List<KvmCpuidEntry> leaves, List<KvmCpuidEntry> supported)
    {
        foreach (CpuidModifier modifier in Cpuid)
        {
            int index = CpuidLeaves.IndexOf(leaves, modifier.Leaf, modifier.Subleaf);
            if (index < 0) throw Unsupported($"changes CPUID {Where(modifier)}, which this host does not have");
            ref KvmCpuidEntry leaf = ref CollectionsMarshal.AsSpan(leaves)[index];
            if (((leaf.Flags ^ modifier.Flags) & KvmCpuidEntry.SignificantIndex) != 0)
                throw Unsupported($"gives CPUID {Where(modifier)} the flags {modifier.Flags}, where KVM on this host has {leaf.Flags & KvmCpuidEntry.SignificantIndex} (1: the leaf has subleaves)");
            int known = CpuidLeaves.IndexOf(supported, modifier.Leaf, modifier.Subleaf);
            foreach ((CpuidRegister register, BitPattern bits) in modifier.Registers)
            {
                ref uint value = ref Of(ref leaf, register);
                uint possible = value | (known < 0 ? 0 : Of(supported[known], register));
                if (HoldsFeatures(modifier.Leaf, register) && (bits.Value & ~possible) is not 0 and ulong missing)
                    throw Unsupported($"sets {BitPattern.Describe(missing)} of CPUID {Where(modifier)}, {Letters(register)}, which this host does not support (it has 0x{possible:x8})");
                value = (uint)bits.Apply(value);
            }
        }
    }

    /// <summary>Whether the leaves are as this template wants them.</summary>
    /// <param name="leaves">As they are.</param>
    /// <param name="decider">Who made them so, for the message.</param>
    public void Verify(List<KvmCpuidEntry> leaves, string decider)
    {
        foreach (CpuidModifier modifier in Cpuid)
        {
            int index = CpuidLeaves.IndexOf(leaves, modifier.Leaf, modifier.Subleaf);
            foreach ((CpuidRegister register, BitPattern bits) in modifier.Registers)
            {
                uint actual = index < 0 ? 0 : Of(leaves[index], register);
                if (bits.Differences(actual) is not 0 and ulong different)
                    throw Unsupported($"wants CPUID {Where(modifier)}, {Letters(register)} otherwise in {BitPattern.Describe(different)}: 0x{bits.Apply(actual):x8}, where {decider} 0x{actual:x8}");
            }
        }
    }

    /// <summary>An error about what this host does not give.</summary>
    public VmException Unsupported(string what) => new(VmErrorId.CpuTemplateUnsupported, VmErrorKind.NotSupported,
        $"The CPU template '{Name}' {what}. Take that out of it, or use another template or host.");

    static uint Of(KvmCpuidEntry leaf, CpuidRegister register) => Of(ref leaf, register);

    static ref uint Of(ref KvmCpuidEntry leaf, CpuidRegister register)
    {
        switch (register)
        {
            case CpuidRegister.Eax: return ref leaf.Eax;
            case CpuidRegister.Ebx: return ref leaf.Ebx;
            case CpuidRegister.Ecx: return ref leaf.Ecx;
            default: return ref leaf.Edx;
        }
    }

    // The others hold versions, counts and sizes, which may be told as anything.
    static bool HoldsFeatures(uint leaf, CpuidRegister register) => (leaf, register) switch
    {
        (0x1, CpuidRegister.Ecx or CpuidRegister.Edx) => true,
        (0x6, CpuidRegister.Eax or CpuidRegister.Ecx) => true,
        (0x7, CpuidRegister.Ebx or CpuidRegister.Ecx or CpuidRegister.Edx) => true,
        (0xd, CpuidRegister.Eax) => true,
        (0x4000_0001, CpuidRegister.Eax) => true,
        (0x8000_0001, CpuidRegister.Ecx or CpuidRegister.Edx) => true,
        (0x8000_0007, CpuidRegister.Edx) => true,
        (0x8000_0008, CpuidRegister.Ebx) => true,
        (0x8000_0021, CpuidRegister.Eax) => true,
        _ => false,
    };

    static string Where(CpuidModifier modifier) => $"leaf 0x{modifier.Leaf:x}, subleaf 0x{modifier.Subleaf:x}";

    static string Letters(CpuidRegister register) => $"{register}".ToUpperInvariant();
}
