using System.Globalization;
using System.Numerics;

namespace PSToyVmm.Engine.Vcpus;

/// <summary>
/// How a machine's vCPUs sit together: sockets, cores in each, threads in each core. It decides their APIC ids, which
/// hardware packs of a thread, a core and a socket field, each as wide as its largest number needs (Intel SDM volume 3,
/// 10.9 "Programming considerations for hardware multi-threading"; AMD APM volume 3, E.5).
/// </summary>
/// <param name="Sockets">Processor packages.</param>
/// <param name="Cores">Cores per socket.</param>
/// <param name="Threads">Threads per core.</param>
public sealed record CpuTopology(int Sockets, int Cores, int Threads)
{
    /// <summary>The last number that KVM gives a vCPU, four times the vCPUs it allows (KVM_MAX_VCPU_IDS of Linux 5.15 and later).</summary>
    public const uint LargestApicId = 4095;

    /// <summary>One socket with a core of one thread for each vCPU: what a guest's scheduler has the least to think about.</summary>
    public static CpuTopology OfCores(int processorCount) => new(1, processorCount, 1);

    /// <summary>vCPUs in all.</summary>
    public int ProcessorCount => checked(Sockets * Cores * Threads);

    /// <summary>vCPUs in a socket.</summary>
    public int ThreadsPerSocket => checked(Cores * Threads);

    /// <summary>How many low bits of an APIC id number the threads of a core.</summary>
    internal int ThreadBits => Width(Threads);

    /// <summary>How many low bits of an APIC id number the threads of a socket.</summary>
    internal int SocketShift => Width(Cores) + Width(Threads);

    /// <summary>The APIC id of the vCPU with this index: threads first, then cores, then sockets.</summary>
    public uint ApicId(int index)
    {
        (int core, int thread) = Math.DivRem(index, Threads);
        (int socket, core) = Math.DivRem(core, Cores);
        return (uint)socket << SocketShift | (uint)core << ThreadBits | (uint)thread;
    }

    /// <summary>The number of the socket in which the vCPU with this index is.</summary>
    internal int SocketOf(int index) => index / ThreadsPerSocket;

    /// <summary>The number, within its socket, of the core in which the vCPU with this index is.</summary>
    internal int CoreOf(int index) => index / Threads % Cores;

    /// <summary>
    /// Reads <c>2,4,1</c> (sockets, cores, threads) or, in any order, <c>sockets=2,cores=4,threads=1</c>, where a name left out is 1.
    /// </summary>
    /// <exception cref="VmException">TopologyInvalid.</exception>
    public static CpuTopology Parse(string text)
    {
        string[] parts = text.Split(',', StringSplitOptions.TrimEntries);
        CpuTopology topology = new(1, 1, 1);
        if (parts is [string sockets, string cores, string threads] && !text.Contains('=', StringComparison.Ordinal))
        {
            topology = new(Number(sockets, text), Number(cores, text), Number(threads, text));
        }
        else
        {
            HashSet<string> seen = [];
            foreach (string part in parts)
            {
                if (part.Split('=', StringSplitOptions.TrimEntries) is not [string name, string value] || !seen.Add(name.ToLowerInvariant())) throw Unreadable(text);
                int number = Number(value, text);
                topology = name.ToLowerInvariant() switch
                {
                    "sockets" => topology with { Sockets = number },
                    "cores" => topology with { Cores = number },
                    "threads" => topology with { Threads = number },
                    _ => throw Unreadable(text),
                };
            }
        }
        topology.Validate();
        return topology;
    }

    /// <summary>Checks that each number is at least 1 and that the APIC ids suffice.</summary>
    /// <exception cref="VmException">TopologyInvalid.</exception>
    public void Validate()
    {
        if (Sockets < 1 || Cores < 1 || Threads < 1)
            throw Invalid($"A topology of {this} has nothing in it; sockets, cores and threads are each at least 1.");
        // Large numbers are refused before they are multiplied, so that 64 bits suffice.
        const long Most = LargestApicId + 1;
        if (Sockets > Most || Cores > Most || Threads > Most || Sockets * (long)Cores * Threads > Most || ApicId(ProcessorCount - 1) > LargestApicId)
            throw Invalid($"A topology of {this} needs APIC ids beyond {LargestApicId}, the last one; each field is rounded up to a power of two. Take fewer, or a number of cores and threads that is one.");
    }

    /// <summary>Checks besides that this is the topology of so many vCPUs.</summary>
    /// <exception cref="VmException">TopologyInvalid.</exception>
    public void Validate(int processorCount)
    {
        Validate();
        if (ProcessorCount != processorCount)
            throw Invalid($"A topology of {this} has {ProcessorCount} vCPUs, the machine {processorCount}; leave one of the two out, or make them agree.");
    }

    /// <summary><c>sockets=1,cores=4,threads=2</c>, as <see cref="Parse"/> reads it.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"sockets={Sockets},cores={Cores},threads={Threads}");

    static int Width(int count) => BitOperations.Log2(BitOperations.RoundUpToPowerOf2((uint)count));

    static int Number(string digits, string text) =>
        int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : throw Unreadable(text);

    static VmException Unreadable(string text) =>
        Invalid($"'{text}' is not a topology; write sockets, cores and threads as 2,4,1 or sockets=2,cores=4,threads=1.");

    static VmException Invalid(string message) => new(VmErrorId.TopologyInvalid, VmErrorKind.InvalidArgument, message);
}
