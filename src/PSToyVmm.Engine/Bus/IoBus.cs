namespace PSToyVmm.Engine.Bus;

/// <summary>
/// An address space of devices: the I/O ports or the MMIO hole. Immutable by replacement, so look-ups from vCPU threads
/// take no lock; addresses that no device claims read all ones, as on a PC's empty bus.
/// </summary>
public sealed class IoBus
{
    Slot[] _slots = [];
    readonly Lock _attaching = new();

    readonly record struct Slot(ulong First, ulong Last, IBusDevice Device);

    /// <summary>Claims <paramref name="length"/> addresses from <paramref name="first"/>.</summary>
    /// <exception cref="InvalidOperationException">The range is empty, wraps, or overlaps another device's.</exception>
    public void Attach(ulong first, ulong length, IBusDevice device)
    {
        if (length == 0 || first + (length - 1) < first)
            throw new InvalidOperationException($"{device.Label}: 0x{first:x} + 0x{length:x} is no address range");
        Slot slot = new(first, first + (length - 1), device);
        lock (_attaching)
        {
            foreach (Slot other in _slots)
                if (slot.First <= other.Last && other.First <= slot.Last)
                    throw new InvalidOperationException(
                        $"{device.Label} 0x{slot.First:x}-0x{slot.Last:x} overlaps {other.Device.Label} 0x{other.First:x}-0x{other.Last:x}");
            Volatile.Write(ref _slots, [.. _slots.Append(slot).OrderBy(s => s.First)]);
        }
    }

    /// <summary>The device that claims <paramref name="address"/>, and the offset into it; null where there is none.</summary>
    public IBusDevice? Find(ulong address, out ulong offset)
    {
        Slot[] slots = Volatile.Read(ref _slots);
        int low = 0, high = slots.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            ref readonly Slot slot = ref slots[middle];
            if (address < slot.First) high = middle - 1;
            else if (address > slot.Last) low = middle + 1;
            else
            {
                offset = address - slot.First;
                return slot.Device;
            }
        }
        offset = 0;
        return null;
    }

    /// <summary>The label of the device at <paramref name="address"/>, or <c>unclaimed</c>.</summary>
    public string LabelAt(ulong address) => Find(address, out _)?.Label ?? "unclaimed";

    /// <summary>A guest's read.</summary>
    public void Read(ulong address, Span<byte> data)
    {
        if (Find(address, out ulong offset) is { } device) device.Read(offset, data);
        else data.Fill(0xff);
    }

    /// <summary>A guest's write; one that no device claims is lost, as on real hardware.</summary>
    public void Write(ulong address, ReadOnlySpan<byte> data) => Find(address, out ulong offset)?.Write(offset, data);
}
