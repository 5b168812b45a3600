using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace PSToyVmm.Engine.Boot.Acpi;

/// <summary>
/// Writes ACPI machine language (ACPI 6.4, chapter 20) as ASL reads: <c>Scope(@"\_SB", Device("COM1", Name("_UID", 1)))</c>.
/// Here are objects and data; what methods do is in the other half.
/// </summary>
public static partial class Aml
{
    const byte ZeroOp = 0x00, OneOp = 0x01, NameOp = 0x08, BytePrefix = 0x0a, WordPrefix = 0x0b, DWordPrefix = 0x0c, StringPrefix = 0x0d,
        QWordPrefix = 0x0e, ScopeOp = 0x10, BufferOp = 0x11, PackageOp = 0x12, ExtOpPrefix = 0x5b, OnesOp = 0xff;
    const byte RegionOp = 0x80, FieldOp = 0x81, DeviceOp = 0x82; // behind ExtOpPrefix

    static readonly SearchValues<char> s_hexDigits = SearchValues.Create("0123456789ABCDEF");

    /// <summary>Objects that go into a place that exists already.</summary>
    public static AmlTerm Scope(string path, params ReadOnlySpan<AmlTerm> objects) => Block([ScopeOp], [Reference(path), .. objects]);

    /// <summary>A device and what is known about it.</summary>
    public static AmlTerm Device(string name, params ReadOnlySpan<AmlTerm> objects) => Block([ExtOpPrefix, DeviceOp], [Reference(name), .. objects]);

    /// <summary>A named value.</summary>
    public static AmlTerm Name(string name, AmlTerm value) => Sequence([NameOp], Reference(name), value);

    /// <summary>A name where a term is expected.</summary>
    public static AmlTerm Reference(string path) => new(AmlEncoding.Name(path));

    /// <summary>A list of values, at most 255.</summary>
    public static AmlTerm Package(params ReadOnlySpan<AmlTerm> elements) => Block([PackageOp], [new([checked((byte)elements.Length)]), .. elements]);

    /// <summary>A number, in as few bytes as hold it.</summary>
    public static AmlTerm Number(ulong value) => value switch
    {
        0 => new(ZeroOp),
        1 => new(OneOp),
        <= byte.MaxValue => new(BytePrefix, (byte)value),
        <= ushort.MaxValue => Prefixed(WordPrefix, value, sizeof(ushort)),
        <= uint.MaxValue => Prefixed(DWordPrefix, value, sizeof(uint)),
        ulong.MaxValue => new(OnesOp),
        _ => Prefixed(QWordPrefix, value, sizeof(ulong)),
    };

    /// <summary>Text: ASCII without a NUL.</summary>
    /// <exception cref="ArgumentException">It has other characters.</exception>
    public static AmlTerm Text(string text)
    {
        if (!Ascii.IsValid(text) || text.Contains('\0')) throw new ArgumentException($"'{text}' is not ASCII.", nameof(text));
        return new([StringPrefix, .. Encoding.ASCII.GetBytes(text), 0]);
    }

    /// <summary>Three letters and four hexadecimal digits, as <c>PNP0501</c>, packed into 32 bits (ACPI 6.4, 19.6, EISAID).</summary>
    /// <exception cref="ArgumentException">Not such an id.</exception>
    public static AmlTerm EisaId(string id)
    {
        if (!IsEisaId(id)) throw new ArgumentException($"'{id}' is no EISA id.", nameof(id));
        uint letters = (uint)((id[0] - '@') << 10 | (id[1] - '@') << 5 | (id[2] - '@'));
        uint product = ushort.Parse(id.AsSpan(3), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        return Prefixed(DWordPrefix, BinaryPrimitives.ReverseEndianness(letters << 16 | product), sizeof(uint));
    }

    /// <summary>A hardware id in the form that it asks for: an EISA id, or text as <c>ACPI0013</c> and <c>LNRO0005</c> are.</summary>
    public static AmlTerm HardwareId(string id) => IsEisaId(id) ? EisaId(id) : Text(id);

    /// <summary>Bytes.</summary>
    public static AmlTerm Buffer(ReadOnlySpan<byte> bytes) => Block([BufferOp], Number((ulong)bytes.Length), new(bytes.ToArray()));

    /// <summary>Resources, for a device's <c>_CRS</c>.</summary>
    public static AmlTerm ResourceTemplate(params ReadOnlySpan<AcpiResource> resources) => Buffer(AcpiResource.Template(resources));

    /// <summary>A window of an address space, for <see cref="Field"/>s.</summary>
    public static AmlTerm OperationRegion(string name, AmlAddressSpace space, AmlTerm offset, AmlTerm length) =>
        Sequence([ExtOpPrefix, RegionOp], Reference(name), new((byte)space), offset, length);

    /// <summary>Registers of a region, one behind the other, accessed with a given width; bits not written keep their value.</summary>
    public static AmlTerm Field(string region, AmlAccess access, params ReadOnlySpan<(string Name, int Bits)> registers)
    {
        List<byte> list = [];
        foreach ((string name, int bits) in registers) list.AddRange([.. AmlEncoding.Name(name), .. AmlEncoding.BitLength(bits)]);
        return Block([ExtOpPrefix, FieldOp], Reference(region), new((byte)access), new([.. list]));
    }

    static bool IsEisaId(string id) => id.Length == 7 && id.AsSpan(0, 3).IndexOfAnyExceptInRange('A', 'Z') < 0
        && id.AsSpan(3).IndexOfAnyExcept(s_hexDigits) < 0;

    static AmlTerm Prefixed(byte prefix, ulong value, int size)
    {
        byte[] bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return new([prefix, .. bytes.AsSpan(0, size)]);
    }

    static AmlTerm Sequence(byte[] op, params ReadOnlySpan<AmlTerm> parts) => new([.. op, .. AmlTerm.Join(parts)]);

    static AmlTerm Block(byte[] op, params ReadOnlySpan<AmlTerm> parts)
    {
        byte[] content = AmlTerm.Join(parts);
        return new([.. op, .. AmlEncoding.PackageLength(content.Length), .. content]);
    }
}
