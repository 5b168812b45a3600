namespace PSToyVmm.Engine.Boot.Acpi;

/// <summary>Where an operation region lies (ACPI 6.4, 20.2.5.2, RegionSpace).</summary>
public enum AmlAddressSpace : byte
{
    /// <summary>Physical memory, MMIO too.</summary>
    SystemMemory = 0,
    /// <summary>I/O ports.</summary>
    SystemIO = 1,
}
