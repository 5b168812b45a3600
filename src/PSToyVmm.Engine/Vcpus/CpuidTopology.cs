using System.Runtime.InteropServices;
using PSToyVmm.Engine.Kvm.Structs;

namespace PSToyVmm.Engine.Vcpus;

/// <summary>
/// Tells a guest by CPUID where a vCPU sits: APIC ids, the widths of their fields, which vCPUs share a cache (Intel SDM
/// volume 2, CPUID leaves 1, 4, 0Bh, 1Fh; AMD APM volume 3, Fn8000_0001, _0008, _001D, _001E). Every count of ids is the
/// power of two that its field holds, not the number in use: Linux 6.1 divides by AMD's NumSharingCache unrounded.
/// </summary>
static class CpuidTopology
{
    const uint HyperThreading = 1u << 28; // leaf 1 EDX: the count of logical processors is valid
    const uint CmpLegacy = 1u << 1, TopologyExtensions = 1u << 22; // Fn8000_0001 ECX
    const uint ThreadLevel = 1u << 8, CoreLevel = 2u << 8; // leaf 0xb ECX: the level's type
    const uint SharingMask = 0xfffu << 14, CoreIdsMask = 0x3fu << 26;

    /// <summary>Fits the leaves to one vCPU of a topology.</summary>
    public static void Apply(List<KvmCpuidEntry> leaves, CpuTopology topology, int index)
    {
        CpuidLeaves.Maxima(leaves, out uint highestBasic, out uint highestExtended);
        bool amd = CpuidLeaves.VendorOf(leaves) == CpuVendor.Amd;
        uint apicId = topology.ApicId(index);
        uint idsInSocket = 1u << topology.SocketShift, idsInCore = 1u << topology.ThreadBits;
        uint inSocket = (uint)topology.ThreadsPerSocket;

        // KVM leaves them empty, as a processor without a topology does, or (before 6.2) with the host's. AMD's newer leaf
        // would tell of the host's dies.
        leaves.RemoveAll(leaf => leaf.Function is 0xb or 0x1f or 0x8000_0026);
        if (highestBasic >= 0xb) AddLevels(leaves, 0xb, topology, apicId);
        if (highestBasic >= 0x1f) AddLevels(leaves, 0x1f, topology, apicId);

        foreach (ref KvmCpuidEntry leaf in CollectionsMarshal.AsSpan(leaves))
        {
            switch (leaf.Function)
            {
                case 0x1:
                    uint logical = amd ? inSocket : idsInSocket;
                    leaf.Ebx = leaf.Ebx & 0x0000_ffff | Math.Min(logical, byte.MaxValue) << 16 | apicId << 24;
                    leaf.Edx = With(leaf.Edx, HyperThreading, inSocket > 1);
                    break;
                case 0x4 when IsCache(leaf):
                    leaf.Eax = leaf.Eax & ~(SharingMask | CoreIdsMask) | Sharing(leaf, idsInCore, idsInSocket)
                        | Math.Min((idsInSocket / idsInCore) - 1, 0x3f) << 26;
                    break;
                case 0x8000_0001 when amd:
                    leaf.Ecx = With(leaf.Ecx, CmpLegacy, inSocket > 1);
                    if (highestExtended >= 0x8000_001e) leaf.Ecx |= TopologyExtensions;
                    break;
                case 0x8000_0008 when amd:
                    // NC, and ApicIdCoreIdSize: the bits of an APIC id within its socket.
                    leaf.Ecx = leaf.Ecx & ~0xf0ffu | Math.Min(inSocket - 1, 0xff) | (uint)topology.SocketShift << 12;
                    break;
                case 0x8000_001d when amd && IsCache(leaf):
                    leaf.Eax = leaf.Eax & ~SharingMask | Sharing(leaf, idsInCore, idsInSocket);
                    break;
                case 0x8000_001e when amd:
                    // Each socket is one node, whose number is unique in the machine.
                    (leaf.Eax, leaf.Ebx, leaf.Ecx, leaf.Edx) =
                        (apicId, (uint)(topology.Threads - 1 & 0xff) << 8 | (uint)topology.CoreOf(index) & 0xff, (uint)topology.SocketOf(index) & 0xff, 0);
                    break;
            }
        }
    }

    // Subleaf 0: threads in a core. 1: threads in a socket. 2: an invalid level, the end.
    static void AddLevels(List<KvmCpuidEntry> leaves, uint function, CpuTopology topology, uint apicId)
    {
        leaves.Add(Level(0, (uint)topology.ThreadBits, (uint)topology.Threads, ThreadLevel));
        leaves.Add(Level(1, (uint)topology.SocketShift, (uint)topology.ThreadsPerSocket, CoreLevel));
        leaves.Add(Level(2, 0, 0, 0));

        KvmCpuidEntry Level(uint number, uint shift, uint processors, uint type) => new()
        {
            Function = function,
            Index = number,
            Flags = KvmCpuidEntry.SignificantIndex,
            Eax = shift,
            Ebx = processors,
            Ecx = type | number,
            Edx = apicId,
        };
    }

    // The type in bits 4:0; 0 ends the list.
    static bool IsCache(in KvmCpuidEntry leaf) => (leaf.Eax & 0x1f) != 0;

    // Levels 1 and 2 belong to a core, what is beyond to the socket.
    static uint Sharing(in KvmCpuidEntry leaf, uint idsInCore, uint idsInSocket) =>
        Math.Min(((leaf.Eax >> 5 & 7) <= 2 ? idsInCore : idsInSocket) - 1, 0xfff) << 14;

    static uint With(uint value, uint bit, bool on) => on ? value | bit : value & ~bit;
}
