using System.Buffers.Binary;

namespace PSToyVmm.Tests.Unit.Boot;

/// <summary>Makes bzImages, right ones by default. Written from boot.rst's table of offsets, not with the engine's structs.</summary>
sealed class BzImageBuilder
{
    public const uint Preferred = 0x20_0000;

    public byte SetupSects { get; set; } = 2;
    public uint? Syssize { get; set; }
    public string Magic { get; set; } = "HdrS";
    public ushort BootFlag { get; set; } = 0xaa55;
    public byte HeaderLength { get; set; } = 0x6a;
    public ushort Version { get; set; } = 0x20f;
    public byte LoadFlags { get; set; } = 1;
    public uint InitrdAddressMax { get; set; } = 0x7fff_ffff;
    public uint Alignment { get; set; } = 0x20_0000;
    public byte Relocatable { get; set; } = 1;
    public ushort XLoadFlags { get; set; } = 0x3f;
    public uint CommandLineSize { get; set; } = 2047;
    public uint PayloadOffset { get; set; } = 0x210;
    public uint PayloadLength { get; set; } = 0x100;
    public ulong PrefAddress { get; set; } = Preferred;
    public uint InitSize { get; set; } = 0x3000;
    public byte[] Code { get; set; } = ElfBuilder.Pattern(0x1000, 2);
    public byte[] Trailer { get; set; } = [];

    public int SetupSize => ((SetupSects == 0 ? 4 : SetupSects) + 1) * 512;

    public byte[] Build()
    {
        byte[] file = new byte[SetupSize + Code.Length + Trailer.Length];
        Span<byte> bytes = file;
        "MZ"u8.CopyTo(bytes);
        bytes[0x1ef] = 0xff; // the sentinel, which must not reach the zero page
        bytes[0x1f1] = SetupSects;
        Put32(bytes[0x1f4..], Syssize ?? (uint)Code.Length / 16);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[0x1fe..], BootFlag);
        (bytes[0x200], bytes[0x201]) = (0xeb, HeaderLength);
        System.Text.Encoding.ASCII.GetBytes(Magic).CopyTo(bytes[0x202..]);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[0x206..], Version);
        bytes[0x211] = LoadFlags;
        Put32(bytes[0x22c..], InitrdAddressMax);
        Put32(bytes[0x230..], Alignment);
        bytes[0x234] = Relocatable;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[0x236..], XLoadFlags);
        Put32(bytes[0x238..], CommandLineSize);
        Put32(bytes[0x248..], PayloadOffset);
        Put32(bytes[0x24c..], PayloadLength);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[0x258..], PrefAddress);
        Put32(bytes[0x260..], InitSize);
        Put32(bytes[0x264..], 0xfeed); // handover_offset
        Put32(bytes[0x268..], 0x1234_5678); // kernel_info_offset
        Code.CopyTo(file, SetupSize);
        Trailer.CopyTo(file, SetupSize + Code.Length);
        return file;
    }

    static void Put32(Span<byte> at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(at, value);
}
