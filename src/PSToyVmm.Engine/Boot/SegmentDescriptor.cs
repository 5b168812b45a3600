namespace PSToyVmm.Engine.Boot;

/// <summary>An entry of the GDT and the selector that loads it, taken apart as KVM wants segments (AMD64 manual, volume 2, 4.7).</summary>
/// <param name="Selector">Its offset in the table, at privilege level 0.</param>
/// <param name="Descriptor">The entry as it lies in memory.</param>
public readonly record struct SegmentDescriptor(ushort Selector, ulong Descriptor)
{
    /// <summary>First linear address.</summary>
    public uint Base => (uint)(Descriptor >> 16 & 0xff_ffff | Descriptor >> 32 & 0xff00_0000);

    /// <summary>Offset of the last byte, in bytes: the granularity is already applied.</summary>
    public uint Limit
    {
        get
        {
            uint limit = (uint)(Descriptor & 0xffff | Descriptor >> 32 & 0xf_0000);
            return Granularity == 0 ? limit : limit << 12 | 0xfff;
        }
    }

    /// <summary>Code, data or system type, four bits.</summary>
    public byte Type => (byte)(Descriptor >> 40 & 0xf);

    /// <summary>S: 1 for code and data, 0 for a system segment.</summary>
    public byte CodeOrData => Bit(44);

    /// <summary>DPL.</summary>
    public byte Privilege => (byte)(Descriptor >> 45 & 3);

    /// <summary>P.</summary>
    public byte Present => Bit(47);

    /// <summary>AVL: left to software.</summary>
    public byte Available => Bit(52);

    /// <summary>L: 64-bit code.</summary>
    public byte LongMode => Bit(53);

    /// <summary>D/B: 32-bit operands or stack.</summary>
    public byte DefaultBig => Bit(54);

    /// <summary>G: the limit counts pages.</summary>
    public byte Granularity => Bit(55);

    byte Bit(int index) => (byte)(Descriptor >> index & 1);
}
