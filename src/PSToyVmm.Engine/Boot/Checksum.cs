namespace PSToyVmm.Engine.Boot;

/// <summary>The checksum of firmware tables: all bytes, its own among them, add up to zero.</summary>
static class Checksum
{
    /// <summary>Fills in the byte at <paramref name="offset"/>.</summary>
    public static void Seal(Span<byte> table, int offset)
    {
        table[offset] = 0;
        byte sum = 0;
        foreach (byte value in table) sum += value;
        table[offset] = (byte)-sum;
    }
}
