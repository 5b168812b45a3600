namespace PSToyVmm.Engine.Vcpus;

/// <summary>
/// The static templates of Firecracker under its names: which bits of which register they decide is taken from
/// src/vmm/src/cpu_config/x86_64/static_cpu_templates (Apache-2.0, copyright Amazon.com, Inc.), as of August 2026. T2, T2S,
/// T2CL and T2A make processors of several generations look like EC2's T2 instances, C3 like C3.
/// </summary>
public static class BuiltInCpuTemplates
{
    static readonly (uint Signature, string Name) s_skylake = (0x50654, "Skylake"), s_cascadeLake = (0x50657, "Cascade Lake"),
        s_iceLake = (0x606a6, "Ice Lake"), s_milan = (0x00a0_0f11, "Milan");

    // Leaf 1: version, features. 7: extended features. 0xd: the state that XSAVE keeps.
    static readonly CpuidModifier[] s_t2Basic =
    [
        Leaf(0x1, null, eax: "xxxx000000000011xx00011011110010", ecx: "xxxxxxxxxxxxx0xx00xx00x0000000xx", edx: "000x0xxxx00xx0xxxxx1xxxx1xxxxxxx"),
        Leaf(0x7, 0, ebx: "00000000000x000000x00x1xxxx0x0xx", ecx: "x0xxxxxxx0xxxxx0x0x00000x0x0000x", edx: "xxxxxxxxxxxxxxxxxxxxxxx0xxx000xx"),
        Leaf(0xd, 0, eax: "0x00000xxx"),
        Leaf(0xd, 1, eax: "000x"),
    ];

    static readonly CpuidModifier[] s_t2 =
    [
        .. s_t2Basic,
        Leaf(0x8000_0001, null, ecx: "xx0xxxxxxxxxxxxxxxxxxxx0xxxxxxxx", edx: "xxxxx0xxxxxxxxxxxxxxxxxxxxxxxxxx"),
        Leaf(0x8000_0008, null, ebx: "0xxxxxxxxx"),
    ];

    static readonly CpuTemplate[] s_all =
    [
        new("C3")
        {
            Vendor = CpuVendor.Intel,
            Models = [s_skylake, s_cascadeLake, s_iceLake],
            Cpuid =
            [
                Leaf(0x1, null, eax: "xxxx000000000011xx00011011100100", ecx: "xxxxxxxxx0xxxxxx00x000x0xx0000xx", edx: "0x0x0xxxx00xx0xxxxx1xxxx1xxxxxxx"),
                Leaf(0x7, 0, ebx: "000000000x0x000000x000x0xx0000xx", ecx: "x0xxxxxxx0xxxxx0x0xx0xxxxxx0000x", edx: "00xx"),
                Leaf(0xd, 0, eax: "0x00000xxx"),
                Leaf(0xd, 1, eax: "000x"),
                Leaf(0x8000_0001, null, ecx: "0xx0xxxxx", edx: "xxxxx0xxxxxxxxxxxxxxxxxxxxxxxxxx"),
            ],
        },
        new("T2") { Vendor = CpuVendor.Intel, Models = [s_skylake, s_cascadeLake, s_iceLake], Cpuid = s_t2 },
        new("T2S")
        {
            Vendor = CpuVendor.Intel,
            Models = [s_skylake, s_cascadeLake],
            Cpuid = s_t2,
            // IA32_ARCH_CAPABILITIES: which of the processor's weaknesses a guest is told that it has not.
            Msrs = [new(0x10a, Bits("0000000000000000000000000000000000001100000010100000110001001100", 64))],
        },
        new("T2CL")
        {
            Vendor = CpuVendor.Intel,
            Models = [s_cascadeLake, s_iceLake],
            Cpuid =
            [
                .. s_t2Basic,
                Leaf(0x8000_0001, null, ecx: "xx0xxxxxxxxxxxxxxxxxxxx000xxxxxx", edx: "xxxxx00000xxxxxxxxxxxxxxxxxxxxxx"),
                Leaf(0x8000_0008, null, ebx: "0xxxxxxxxx"),
            ],
            Msrs = [new(0x10a, Bits("00000000000000000000000000000000000xxx0x0000x0x0xxx0000xxxxxxxxx", 64))],
        },
        new("T2A")
        {
            Vendor = CpuVendor.Amd,
            Models = [s_milan],
            Cpuid =
            [
                .. s_t2Basic,
                Leaf(0x8000_0001, null, ecx: "xx0xxxxxxxxxxxxxxxxxxxx000xxx0xx", edx: "xxxxx00xx0xxxxxxxxxxxxxxxxxxxxxx"),
                Leaf(0x8000_0008, null, ebx: "xxxxxxxxxxx111xxxxxxxx0xxxxxx1x0"),
            ],
        },
    ];

    /// <summary>Their names; <c>None</c>, the first, is a machine without a template.</summary>
    public static IReadOnlyList<string> Names { get; } = [None, .. s_all.Select(template => template.Name)];

    /// <summary>The name that stands for no template.</summary>
    public const string None = "None";

    /// <summary>Whether this is a name, whatever its capitals, and not a file.</summary>
    public static bool IsName(string text) => Names.Contains(text, StringComparer.OrdinalIgnoreCase);

    /// <summary>The template of this name; null for None, and for what is no name.</summary>
    internal static CpuTemplate? Find(string name) => s_all.FirstOrDefault(template => template.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    static CpuidModifier Leaf(uint leaf, uint? subleaf, string? eax = null, string? ebx = null, string? ecx = null, string? edx = null) =>
        new(leaf, subleaf ?? 0, subleaf is null ? 0u : 1u,
        [
            .. new[] { (CpuidRegister.Eax, eax), (CpuidRegister.Ebx, ebx), (CpuidRegister.Ecx, ecx), (CpuidRegister.Edx, edx) }
                .Where(register => register.Item2 is not null)
                .Select(register => (register.Item1, Bits(register.Item2!, 32))),
        ]);

    static BitPattern Bits(string text, int width) =>
        BitPattern.TryParse($"0b{text}", width, out BitPattern pattern) ? pattern : throw new ArgumentException(text, nameof(text));
}
