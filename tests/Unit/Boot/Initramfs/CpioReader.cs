using System.Globalization;
using System.Text;
using Xunit;

namespace PSToyVmm.Tests.Unit.Boot.Initramfs;

/// <summary>One entry of an archive, every field as it stands there.</summary>
sealed record CpioEntry(
    string Name, uint Inode, uint Mode, uint User, uint Group, uint Links, uint Modified, byte[] Content,
    uint HostMajor, uint HostMinor, uint Major, uint Minor, uint Checksum)
{
    public char Kind => (Mode & 0xf000) switch
    {
        0x1000 => 'p',
        0x2000 => 'c',
        0x4000 => 'd',
        0x6000 => 'b',
        0x8000 => '-',
        0xa000 => 'l',
        var other => throw new InvalidDataException($"S_IFMT 0x{other:x}"),
    };

    public UnixFileMode Permissions => (UnixFileMode)(Mode & 0xfff);

    public string Text => Encoding.UTF8.GetString(Content);
}

/// <summary>Reads a newc archive as strictly as its description allows, and stricter than the kernel.</summary>
static class CpioReader
{
    public static Dictionary<string, CpioEntry> ByName(byte[] archive) => Read(archive).ToDictionary(entry => entry.Name);

    public static List<CpioEntry> Read(byte[] archive)
    {
        var entries = new List<CpioEntry>();
        for (int at = 0; ;)
        {
            Assert.Equal("070701", Encoding.ASCII.GetString(archive, at, 6));
            uint[] f = [.. Enumerable.Range(0, 13).Select(i => uint.Parse(Encoding.ASCII.GetString(archive, at + 6 + i * 8, 8), NumberStyles.HexNumber, CultureInfo.InvariantCulture))];
            at += 110;
            string name = Encoding.UTF8.GetString(archive, at, (int)f[11] - 1);
            Assert.Equal(0, archive[at + f[11] - 1]);
            at = Skip(at + (int)f[11]);
            byte[] content = archive[at..(at + (int)f[6])];
            at = Skip(at + content.Length);
            if (name == "TRAILER!!!")
            {
                Assert.Equal(archive.Length, at);
                return entries;
            }
            entries.Add(new(name, f[0], f[1], f[2], f[3], f[4], f[5], content, f[7], f[8], f[9], f[10], f[12]));
        }

        int Skip(int at)
        {
            for (; at % 4 != 0; at++) Assert.Equal(0, archive[at]);
            return at;
        }
    }
}
