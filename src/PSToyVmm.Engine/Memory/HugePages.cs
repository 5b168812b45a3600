namespace PSToyVmm.Engine.Memory;

/// <summary>Which pages of the host lie behind guest RAM. Larger ones cost a guest fewer exits and fewer misses of the TLB.</summary>
public enum HugePages
{
    /// <summary>Those of 2 MiB where the kernel finds some as they are touched (transparent huge pages).</summary>
    Transparent,
    /// <summary>Those of 4 KiB only.</summary>
    None,
    /// <summary>Those of 2 MiB that the administrator set aside (vm.nr_hugepages): all or none.</summary>
    TwoMebibytes,
    /// <summary>Those of 1 GiB that the administrator set aside: all or none.</summary>
    OneGibibyte,
}
