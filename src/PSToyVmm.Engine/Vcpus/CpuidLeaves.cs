using System.Runtime.InteropServices;
using System.Text;
using PSToyVmm.Engine.Kvm.Structs;

namespace PSToyVmm.Engine.Vcpus;

/// <summary>What is asked of a list of leaves as a whole.</summary>
static class CpuidLeaves
{
    /// <summary>The vendor by the letters of leaf 0.</summary>
    public static CpuVendor VendorOf(List<KvmCpuidEntry> leaves) => VendorName(leaves) switch
    {
        "GenuineIntel" => CpuVendor.Intel,
        "AuthenticAMD" or "HygonGenuine" => CpuVendor.Amd,
        _ => CpuVendor.Other,
    };

    /// <summary>The twelve letters of leaf 0; empty without it.</summary>
    public static string VendorName(List<KvmCpuidEntry> leaves)
    {
        int zero = IndexOf(leaves, 0, 0);
        return zero < 0 ? "" : Encoding.Latin1.GetString(MemoryMarshal.AsBytes<uint>([leaves[zero].Ebx, leaves[zero].Edx, leaves[zero].Ecx]));
    }

    /// <summary>The highest leaves that the processor says it has.</summary>
    public static void Maxima(List<KvmCpuidEntry> leaves, out uint basic, out uint extended)
    {
        int zero = IndexOf(leaves, 0, 0), first = IndexOf(leaves, 0x8000_0000, 0);
        basic = zero < 0 ? 0 : leaves[zero].Eax;
        extended = first < 0 ? 0 : leaves[first].Eax;
    }

    /// <summary>Where a leaf (and its subleaf, where it has any) is in the list; -1 where it is not.</summary>
    public static int IndexOf(List<KvmCpuidEntry> leaves, uint function, uint subleaf) =>
        leaves.FindIndex(leaf => leaf.Function == function && ((leaf.Flags & KvmCpuidEntry.SignificantIndex) == 0 ? subleaf == 0 : leaf.Index == subleaf));
}
