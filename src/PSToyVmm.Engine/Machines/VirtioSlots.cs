using System.Collections.Immutable;
using System.Globalization;
using PSToyVmm.Engine.Virtio;

namespace PSToyVmm.Engine.Machines;

/// <summary>Where a virtio device is in its machine.</summary>
/// <param name="Index">Its number, from 0.</param>
/// <param name="Address">Its registers.</param>
/// <param name="Irq">Its input of the I/O APIC.</param>
readonly record struct VirtioSlot(int Index, uint Address, uint Irq);

/// <summary>
/// The places of virtio devices: a page each in the hole for MMIO, an input of the I/O APIC each. Inputs are not shared:
/// Linux would ask every device at each interrupt, two exits for each, and KVM may merge two edges into one that the
/// second device's handler came too early for.
/// </summary>
static class VirtioSlots
{
    const uint FirstAddress = 0xd000_0000;

    /// <summary>Bytes that each has.</summary>
    public const uint Size = MmioTransport.Size;

    // First those that no ISA device ever had; then those of ISA devices that there are none of here.
    static readonly ImmutableArray<uint> s_irqs = [16, 17, 18, 19, 20, 21, 22, 23, 5, 6, 7, 11, 12, 13, 14, 15];

    /// <summary>Devices that a machine can have.</summary>
    public static int Count => s_irqs.Length;

    /// <summary>The places of this machine's devices.</summary>
    /// <exception cref="VmException">TooManyDevices.</exception>
    public static IReadOnlyList<VirtioSlot> For(MachineConfiguration configuration) => First(VirtioDevices.Plan(configuration).Count);

    /// <summary>The first places.</summary>
    /// <exception cref="VmException">TooManyDevices.</exception>
    public static IReadOnlyList<VirtioSlot> First(int count) => count <= Count
        ? [.. Enumerable.Range(0, count).Select(i => new VirtioSlot(i, FirstAddress + ((uint)i * Size), s_irqs[i]))]
        : throw new VmException(VmErrorId.TooManyDevices, VmErrorKind.InvalidArgument, $"A machine has room for {Count} virtio devices, not for {count}; take some away.");

    /// <summary>What tells Linux of them without ACPI, if it was built with CONFIG_VIRTIO_MMIO_CMDLINE_DEVICES.</summary>
    public static string Parameters(MachineConfiguration configuration) =>
        string.Join(' ', For(configuration).Select(slot => string.Create(CultureInfo.InvariantCulture, $"virtio_mmio.device=4K@0x{slot.Address:x}:{slot.Irq}")));
}
