using CsCheck;
using PSToyVmm.Engine.Boot.Acpi;
using Xunit;

namespace PSToyVmm.Tests.Unit.Boot.Acpi;

/// <summary>Byte for byte against the grammar of ACPI 6.4, chapter 20.</summary>
public sealed class AmlTests
{
    static void AssertAml(string hex, AmlTerm term) => Assert.Equal(hex.Replace(" ", ""), Convert.ToHexString(term.Bytes), ignoreCase: true);

    [Theory]
    [InlineData(0ul, "00")]
    [InlineData(1ul, "01")]
    [InlineData(2ul, "0a02")]
    [InlineData(0xfful, "0aff")]
    [InlineData(0x100ul, "0b0001")]
    [InlineData(0xfffful, "0bffff")]
    [InlineData(0x1_0000ul, "0c00000100")]
    [InlineData(0xffff_fffful, "0cffffffff")]
    [InlineData(0x1_0000_0000ul, "0e0000000001000000")]
    [InlineData(ulong.MaxValue, "ff")]
    public void A_number_takes_as_few_bytes_as_hold_it(ulong value, string hex) => AssertAml(hex, value);

    [Theory]
    [InlineData("_HID", "5f484944")]
    [InlineData("GED", "4745445f")]
    [InlineData("A", "415f5f5f")]
    [InlineData(@"\", "5c00")]
    [InlineData("^", "5e00")]
    [InlineData(@"\_S5", "5c 5f53355f")]
    [InlineData("^^PWRB", "5e5e 50575242")]
    [InlineData(@"\_SB.COM1", "5c 2e 5f53425f 434f4d31")]
    [InlineData("A.B.C1", "2f03 415f5f5f 425f5f5f 43315f5f")]
    public void A_name_is_written_as_ASL_has_it(string path, string hex) => AssertAml(hex, Aml.Reference(path));

    [Theory]
    [InlineData("")]
    [InlineData("COM11")]
    [InlineData("1COM")]
    [InlineData("com1")]
    [InlineData("A..B")]
    [InlineData("A.")]
    [InlineData(@"A\B")]
    [InlineData(@"^\A")]
    [InlineData("A B")]
    [InlineData("É")]
    public void What_is_no_name_is_refused(string path) => Assert.Throws<ArgumentException>(() => Aml.Reference(path));

    [Theory]
    [InlineData("PNP0501", "0c41d00501")]
    [InlineData("PNP0A08", "0c41d00a08")]
    [InlineData("LNRO0005", "0d4c4e524f3030303500")]
    [InlineData("ACPI0013", "0d414350493030313300")]
    [InlineData("pnp0501", "0d706e703035303100")]
    [InlineData("PNP050G", "0d504e503035304700")]
    public void A_hardware_id_is_packed_where_it_can_be(string id, string hex) => AssertAml(hex, Aml.HardwareId(id));

    [Fact]
    public void Ids_and_text_of_other_characters_are_refused()
    {
        Assert.Throws<ArgumentException>(() => Aml.EisaId("ACPI0013"));
        Assert.Throws<ArgumentException>(() => Aml.Text("é"));
        Assert.Throws<ArgumentException>(() => Aml.Text("a\0b"));
    }

    [Fact]
    public void A_package_length_counts_itself_in_as_few_bytes_as_can_be() =>
        Gen.OneOf(Gen.Int[0, 5000], Gen.Int[0, AmlEncoding.PackageLengthMax - 4]).Sample(content =>
        {
            byte[] encoded = AmlEncoding.PackageLength(content);
            Assert.Equal(content + encoded.Length, DecodeLength(encoded));
            Assert.True(encoded.Length == 1 || content + encoded.Length - 1 > Capacity(encoded.Length - 1));
        });

    [Theory]
    [InlineData(0, "01")]
    [InlineData(62, "3f")]
    [InlineData(63, "4104")]
    [InlineData(4093, "4fff")]
    [InlineData(4094, "810001")]
    [InlineData((1 << 20) - 4, "8fffff")]
    [InlineData((1 << 20) - 3, "c1000001")]
    [InlineData((1 << 28) - 5, "cfffffff")]
    public void A_package_length_grows_where_it_must(int content, string hex) =>
        Assert.Equal(hex, Convert.ToHexString(AmlEncoding.PackageLength(content)), ignoreCase: true);

    [Theory]
    [InlineData((1 << 28) - 4)]
    [InlineData(int.MaxValue)]
    [InlineData(-5)]
    public void A_package_that_is_too_long_is_refused(int content) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => AmlEncoding.PackageLength(content));

    [Fact]
    public void A_bit_length_does_not_count_itself() => Gen.Int[0, AmlEncoding.PackageLengthMax].Sample(bits => bits == DecodeLength(AmlEncoding.BitLength(bits)));

    // As a reader decodes it: ACPI 6.4, 20.2.4.
    static int DecodeLength(byte[] encoded)
    {
        int following = encoded[0] >> 6, length = following == 0 ? encoded[0] : encoded[0] & 0xf;
        Assert.Equal(following + 1, encoded.Length);
        for (int i = 1; i <= following; i++) length |= encoded[i] << (4 + ((i - 1) * 8));
        return length;
    }

    static int Capacity(int bytes) => bytes == 1 ? 63 : (1 << (4 + ((bytes - 1) * 8))) - 1;

    [Fact]
    public void Objects_nest()
    {
        AssertAml("10 14 5c5f53425f 5b82 0c 434f4d31 08 5f554944 0a07",
            Aml.Scope(@"\_SB", Aml.Device("COM1", Aml.Name("_UID", 7))));
        AssertAml("12 07 04 0a05 00 00 00", Aml.Package(5, 0, 0, 0));
        AssertAml("11 06 0a03 010203", Aml.Buffer([1, 2, 3]));
    }

    [Fact]
    public void A_package_of_more_than_255_elements_is_refused() =>
        Assert.Throws<OverflowException>(() => Aml.Package(new AmlTerm[256]));

    [Fact]
    public void Methods_decide_store_and_return()
    {
        AssertAml("14 0e 5f455654 09 a0 07 9368 0a09 a4 01",
            Aml.Method("_EVT", 1, Aml.If(Aml.Equal(Aml.Arg(0), 9), Aml.Return(1))));
        AssertAml("70 01 60 86 50575242 0a80", Join(Aml.Store(1, Aml.Local(0)), Aml.Notify("PWRB", 0x80)));
        AssertAml("a0 04 90 68 69 a1 04 70 00 67", Join(Aml.If(Aml.And(Aml.Arg(0), Aml.Arg(1))), Aml.Else(Aml.Store(0, Aml.Local(7)))));
        AssertAml("91 60 92 01", Aml.Or(Aml.Local(0), Aml.Not(1)));
    }

    static AmlTerm Join(params ReadOnlySpan<AmlTerm> terms) => new(AmlTerm.Join(terms));

    [Fact]
    public void Arguments_and_variables_have_their_numbers()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Aml.Arg(7));
        Assert.Throws<ArgumentOutOfRangeException>(() => Aml.Local(8));
        Assert.Throws<ArgumentOutOfRangeException>(() => Aml.Method("M", 8));
    }

    [Fact]
    public void Registers_are_fields_of_a_region()
    {
        AssertAml("5b80 52454730 01 0b0006 0a08", Aml.OperationRegion("REG0", AmlAddressSpace.SystemIO, 0x600, 8));
        AssertAml("5b81 11 52454730 01 53544154 08 44415441 4404",
            Aml.Field("REG0", AmlAccess.Byte, ("STAT", 8), ("DATA", 0x44)));
    }

    [Fact]
    public void Resources_end_with_an_end_tag() =>
        AssertAml("11 27 0a24  47 01 f803 f803 01 08  22 1000  89 0600 03 01 11000000  86 0900 01 000000d0 00100000  aabb  7900",
            Aml.ResourceTemplate(AcpiResource.Ports(0x3f8, 8), AcpiResource.IsaInterrupt(4), AcpiResource.Interrupt(17),
                AcpiResource.Memory(0xd000_0000, 0x1000), AcpiResource.Descriptor([0xaa, 0xbb])));

    [Fact]
    public void The_ISA_bus_has_sixteen_interrupts()
    {
        AssertAml("11 08 0a05 22 0080 7900", Aml.ResourceTemplate(AcpiResource.IsaInterrupt(15)));
        Assert.Throws<ArgumentOutOfRangeException>(() => AcpiResource.IsaInterrupt(16));
    }
}
