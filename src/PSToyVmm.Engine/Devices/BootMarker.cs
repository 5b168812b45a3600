namespace PSToyVmm.Engine.Devices;

/// <summary>
/// A one-byte port that time-stamps a boot: what a guest writes to it is a marker, as with Firecracker's boot timer (a
/// byte at MMIO 0xc0000000) and cloud-hypervisor's debug port (0x80). Only the first time of each value is kept and
/// reported, so a guest that writes millions costs no memory. Reads 0xff.
/// </summary>
/// <remarks>
/// Where to put it: 0x700. Port 0x80 is no place for it, as Linux writes there for delays. A PC's own devices and the ISA
/// cards that drivers probe for are below 0x400, PCI bridges hand out ports from 0x1000 on, and of what lies between,
/// 0x700 is none: ACPI 0x600, parallel ports' second halves 0x678, 0x778 and 0x7bc, PCI 0xcf8, EISA 0xc80, and QEMU's
/// 0x402 to 0x51b.
/// </remarks>
/// <param name="time">The clock of the time stamps.</param>
/// <param name="onFirst">Told each marker when it comes for the first time, thus at most 256 times; only to signal.</param>
public sealed class BootMarker(TimeProvider time, Action<byte>? onFirst = null) : ByteWideDevice("boot-marker", 1)
{
    readonly long[] _timestamps = new long[256];
    readonly bool[] _seen = new bool[256];
    long _writes;

    /// <summary>Markers written, repeated ones too.</summary>
    public long WriteCount
    {
        get
        {
            lock (Gate)
                return _writes;
        }
    }

    /// <summary>When <paramref name="marker"/> was first written, as <see cref="TimeProvider.GetTimestamp"/> counts; null if never.</summary>
    public long? FirstTimestamp(byte marker)
    {
        lock (Gate)
            return _seen[marker] ? _timestamps[marker] : null;
    }

    private protected override byte ReadRegister(int register) => 0xff;

    private protected override void WriteRegister(int register, byte value)
    {
        _writes++;
        if (_seen[value]) return;
        (_seen[value], _timestamps[value]) = (true, time.GetTimestamp());
        onFirst?.Invoke(value);
    }
}
