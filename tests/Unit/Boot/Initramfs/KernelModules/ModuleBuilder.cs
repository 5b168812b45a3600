using System.Buffers.Binary;
using System.Text;

namespace PSToyVmm.Tests.Unit.Boot.Initramfs.KernelModules;

/// <summary>Makes kernel modules that have nothing but a .modinfo. Written from the System V ABI's tables.</summary>
static class ModuleBuilder
{
    public const string Release = "6.1.0-toy";

    const int Header = 64, SectionHeader = 64;
    const string Names = "\0.modinfo\0.shstrtab\0";

    public static byte[] Build(params string[] info)
    {
        byte[] names = Encoding.ASCII.GetBytes(Names), text = Encoding.ASCII.GetBytes(string.Concat(info.Prepend($"vermagic={Release} SMP mod_unload ").Select(line => line + '\0')));
        int table = Header + names.Length + text.Length;
        byte[] file = [.. new byte[Header], .. names, .. text, .. new byte[3 * SectionHeader]];
        new byte[] { 0x7f, 0x45, 0x4c, 0x46, 2, 1, 1 }.CopyTo(file, 0);
        Put16(16, 1);  // relocatable
        Put16(18, 62); // x86-64
        Put64(40, table);
        Put16(58, SectionHeader);
        Put16(60, 3);
        Put16(62, 2);
        Section(1, Names.IndexOf(".modinfo", StringComparison.Ordinal), Header + names.Length, text.Length);
        Section(2, Names.IndexOf(".shstrtab", StringComparison.Ordinal), Header, names.Length);
        return file;

        void Section(int index, int name, int offset, int size)
        {
            int at = table + (index * SectionHeader);
            BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(at), name);
            Put64(at + 24, offset);
            Put64(at + 32, size);
        }

        void Put16(int at, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(at), value);
        void Put64(int at, long value) => BinaryPrimitives.WriteInt64LittleEndian(file.AsSpan(at), value);
    }
}
