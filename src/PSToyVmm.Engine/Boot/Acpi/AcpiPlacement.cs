using PSToyVmm.Engine.Memory;

namespace PSToyVmm.Engine.Boot.Acpi;

/// <summary>Where the tables came to lie.</summary>
/// <param name="Rsdp">The root, for the zero page; it lies where a kernel that is not told searches too.</param>
/// <param name="End">First byte past the last table.</param>
public readonly record struct AcpiPlacement(GuestAddress Rsdp, GuestAddress End);
