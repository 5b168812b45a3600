using System.Globalization;
using System.Text;

namespace PSToyVmm;

/// <summary>A piece of a guest's memory.</summary>
/// <param name="VmName">The machine.</param>
/// <param name="Address">Where it begins.</param>
/// <param name="IsVirtual">Whether that is a linear address of the guest's, and not a physical one.</param>
/// <param name="Bytes">What was there.</param>
public sealed record VmMemory(string VmName, ulong Address, bool IsVirtual, byte[] Bytes)
{
    const int PerLine = 16, Shown = 1 << 16;

    /// <summary>As Format-Hex shows bytes: an address, sixteen bytes, and the characters they are in ASCII. Of the first 64 KiB.</summary>
    public string Hex
    {
        get
        {
            StringBuilder text = new();
            for (int at = 0; at < Math.Min(Bytes.Length, Shown); at += PerLine)
            {
                byte[] line = Bytes[at..Math.Min(at + PerLine, Bytes.Length)];
                string hex = string.Join(' ', line.Select(value => value.ToString("x2", CultureInfo.InvariantCulture)));
                string characters = string.Concat(line.Select(value => value is >= 0x20 and < 0x7f ? (char)value : '.'));
                text.Append(CultureInfo.InvariantCulture, $"{Address + (ulong)at:x16}  {hex,-((PerLine * 3) - 1)}  {characters}\n");
            }
            if (Bytes.Length > Shown) text.Append(CultureInfo.InvariantCulture, $"({Bytes.Length - Shown} bytes more in the property Bytes)");
            return text.ToString().TrimEnd('\n');
        }
    }
}
