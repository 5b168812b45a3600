namespace PSToyVmm.Engine.Vcpus;

/// <summary>Whose rules a processor's leaves follow.</summary>
public enum CpuVendor
{
    /// <summary>Neither of the others; its leaves are read as Intel's.</summary>
    Other,
    /// <summary>GenuineIntel.</summary>
    Intel,
    /// <summary>AuthenticAMD, and HygonGenuine, which is of its kind.</summary>
    Amd,
}
